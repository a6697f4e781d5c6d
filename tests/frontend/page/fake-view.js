// What the event view, the cameras and the live page ask of a server.

import { fillWithStories } from "./fake.js";
import { TimelineServer } from "./fake-timeline.js";

const QUARTER = 15 * 60_000;

/** Answers what the pages of the panel ask. */
export class ViewServer extends TimelineServer {
  /** Every command that was sent, in order. */
  sent = [];
  /** Errors to answer with, by the type of the message. */
  refusals = {};
  deliveries = [];
  /** Open subscriptions to what moves. */
  live = [];
  signatures = 0;

  constructor() {
    super();
    Object.assign(this.commands, {
      "auth/sign_path": ({ path }) => ({ path: `${path}?authSig=${++this.signatures}` }),
      "vigilar/event/get": (message) => this.#get(message),
      "vigilar/delivery": ({ event_id }) => ({ event_id, deliveries: this.deliveries }),
      "vigilar/feedback": ({ event_id: id, verdict }) =>
        this.#amend(id, { feedback: verdict ? { verdict, by: "Anna", ts: Date.now() } : undefined }),
      "vigilar/note": ({ event_id: id, text }) =>
        this.#amend(id, { note: text ? { text, by: "Anna", ts: Date.now() } : undefined }),
      "vigilar/protect": ({ event_id: id, protected: on }) => this.#amend(id, { protected: on || undefined }),
      "vigilar/event/delete": ({ event_ids: [id], force }) => {
        if (this.events.get(id).payload.protected && !force) throw { code: "home_assistant_error", message: "Protected" };
        this.remove(id);
      },
      "vigilar/export/event": ({ event_id }) => ({ url: `/api/vigilar/exports/${event_id}` }),
    });
    for (const [type, answer] of Object.entries(this.commands)) {
      this.commands[type] = async (message) => {
        this.sent.push(message);
        if (!this.connection.connected) throw { code: 3, message: "Connection lost" };
        if (this.refusals[type]) throw this.refusals[type];
        return answer(message);
      };
    }
    const subscribe = this.connection.subscribeMessage.bind(this.connection);
    this.connection.subscribeMessage = async (callback, message, options) => {
      if (message.type !== "vigilar/live/subscribe") return subscribe(callback, message, options);
      if (this.refusals[message.type]) throw this.refusals[message.type];
      const subscription = { callback, message };
      this.live.push(subscription);
      return async () => {
        this.live = this.live.filter((each) => each !== subscription);
      };
    };
  }

  /** The commands of a type that were sent. */
  sentOf(type) {
    return this.sent.filter((message) => message.type === type);
  }

  #amend(id, payload) {
    this.write({ id, payload });
    return {};
  }

  #get(message) {
    const event = this.events.get(message.event_id);
    if (!event) throw { code: "home_assistant_error", translation_key: "no_such_event", message: "No such event" };
    const run = this.newest().filter((each) => this.matches(each, message));
    const index = run.findIndex(({ id }) => id === event.id);
    return {
      event,
      newer_id: run[index - 1]?.id ?? null,
      older_id: index < 0 ? null : (run[index + 1]?.id ?? null),
      seq: this.seq,
    };
  }

  /** Say that cameras came, went or changed. */
  tellSources(sources) {
    this.sources = sources;
    this.connection.deliver({ kind: "changed", seq: this.seq, events: [], removed: [], sources });
  }
}

/** What an event with everything says of its media. */
export function fullMedia(id, start, { duration = 20_000, parts = 1 } = {}) {
  const at = (kind) => ({ state: "ready", url: `/api/vigilar/events/${id}/${kind}`, size: 1000 });
  return {
    snapshot: at("snapshot"),
    thumbnail: at("thumbnail"),
    preview: at("preview"),
    clip: { ...at("clip"), start_ts: start, duration_ms: duration, parts },
  };
}

/** A house that is worth looking at. */
export function house() {
  const server = new ViewServer();
  const source = (id, name, area, more = {}) => ({
    source_id: id,
    kind: "camera",
    name,
    entity_id: `camera.${id}`,
    camera_entity_id: `camera.${id}`,
    device_id: `device_${id}`,
    area_id: area.toLowerCase(),
    area,
    zones: [],
    online: true,
    detecting: true,
    can_control: true,
    ...more,
  });
  server.sources = [
    source("front_door", "Front door", "Entrance"),
    source("driveway", "Driveway", "Outside"),
    source("garden", "Garden", "Outside", { detecting: false, online: false }),
    source("garage", "Garage", "Garage"),
    source("back_yard_with_a_rather_long_name", "Back yard with a rather long name", "Outside", { online: false }),
  ];
  return server;
}

/** Let a day have happened, with a visitor at the end. */
export function fillWithVisitor(server) {
  fillWithStories(server);
  const ts = Date.now() - QUARTER;
  const id = "01VISITOR00000000000000000";
  server.write({
    id,
    ts,
    type: "person",
    severity: "alert",
    source_id: "front_door",
    payload: {
      name: "Front door",
      phase: "ended",
      end_ts: ts + 11_000,
      zones: ["Street", "Porch"],
      labels: [
        { label: "person", score: 0.94 },
        { label: "package", score: 0.41 },
      ],
      box: [0.42, 0.64, 0.1, 0.27],
      why: "A person was recognised, 94 % sure: moved 38 % of the picture's width.",
      latency_ms: { confirm: 812.4, decode: 3.21, motion: 1.9, inference: 61.5, classify: 240.2, handoff: 0.8 },
      media: fullMedia(id, ts - 5000),
    },
  });
  server.deliveries = [
    {
      recipient_id: "a", recipient: "Anna", state: "updated", text: "Sent", reason: null, params: {},
      at: ts + 3000, sent_at: ts + 400, critical: false, dismissed: false, updates: 1,
      devices: [{ name: "Anna's phone", told: true, error: null }],
    },
    {
      recipient_id: "b", recipient: "Ben", state: "not_sent", text: "Not sent: snoozed by Ben until 14:30",
      reason: "snoozed", params: {}, at: ts, sent_at: null, critical: false, dismissed: false, updates: 0, devices: [],
    },
    {
      recipient_id: "c", recipient: "Hall tablet", state: "failed", text: "Failed: the service did not answer",
      reason: "error", params: {}, at: ts, sent_at: ts, critical: false, dismissed: false, updates: 0,
      devices: [{ name: "Tablet", told: false, error: "the service did not answer" }],
    },
  ];
  return id;
}

/** What Home Assistant knows of the house. */
export function houseOf(server, { admin = true } = {}) {
  const states = {};
  const entities = {};
  for (const { source_id: id, device_id: device, camera_entity_id: camera, detecting } of server.sources) {
    if (camera) {
      const picture = `/api/camera_proxy/${camera}?token=secret`;
      states[camera] = { entity_id: camera, state: "idle", attributes: { access_token: "secret", entity_picture: picture } };
    }
    const ids = { [`switch.${id}_detection`]: "detection", [`image.${id}_last_event`]: "last_event" };
    for (const [entity, key] of Object.entries(ids)) {
      entities[entity] = { entity_id: entity, platform: "vigilar", device_id: device, translation_key: key };
      states[entity] = {
        entity_id: entity,
        state: detecting ? "on" : "off",
        attributes: { entity_picture: `/api/image_proxy/${entity}?token=secret` },
      };
    }
  }
  window.calls = [];
  return {
    states,
    entities,
    user: { id: "anna", name: "Anna", is_admin: admin },
    panels: { vigilar: { component_name: "custom", url_path: "vigilar" } },
    callService: async (...call) => {
      window.calls.push(call);
    },
  };
}

/** Show the panel at a path, as Home Assistant would after a cold load. */
export async function openPanel(path, { hass = {}, narrow = false, admin = true } = {}) {
  history.replaceState(null, "", path);
  await window.fake.mount({ element: "panel", hass: { ...houseOf(window.server, { admin }), ...hass } });
  window.mounted.narrow = narrow;
}

window.fakeView = { ViewServer, fillWithVisitor, fullMedia, house, openPanel };
