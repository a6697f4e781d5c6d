// What the event view, the cameras and the live page ask of a server.

import { FakeServer, fillWithStories } from "./fake.js";

const HOUR = 3_600_000;

/** Answers what the pages of the panel ask, in the small server's own store. */
export class ViewServer {
  /** Everything that was asked, in order. */
  asked = [];
  /** Errors to answer with, by the type of the message. */
  refusals = {};
  deliveries = [];
  /** Open subscriptions to what moves. */
  live = [];
  signatures = 0;

  constructor(server) {
    this.server = server;
    const { connection } = server;
    const send = connection.sendMessagePromise.bind(connection);
    const subscribe = connection.subscribeMessage.bind(connection);
    connection.sendMessagePromise = async (message) => {
      const answer = this.#answers[message.type];
      if (!answer) return send(message);
      this.asked.push(message);
      if (!connection.connected) throw { code: 3, message: "Connection lost" };
      if (this.refusals[message.type]) throw this.refusals[message.type];
      return structuredClone(answer(message));
    };
    connection.subscribeMessage = async (callback, message, options) => {
      if (message.type !== "vigilar/live/subscribe") return subscribe(callback, message, options);
      if (this.refusals[message.type]) throw this.refusals[message.type];
      const subscription = { callback, message };
      this.live.push(subscription);
      return async () => {
        this.live = this.live.filter((each) => each !== subscription);
      };
    };
  }

  #answers = {
    "auth/sign_path": ({ path }) => ({ path: `${path}?authSig=${++this.signatures}` }),
    "vigilar/event/get": (message) => this.#get(message),
    "vigilar/delivery": ({ event_id }) => ({ event_id, deliveries: this.deliveries }),
    "vigilar/review/mark": ({ event_ids: [id], reviewed }) => {
      const mine = (this.#event(id).payload.reviews ?? []).filter(({ user_id }) => user_id !== "me");
      if (reviewed) mine.push({ user_id: "me", by: "Anna", ts: Date.now() });
      this.#amend(id, { reviews: mine });
      return { count: 1 };
    },
    "vigilar/feedback": ({ event_id: id, verdict }) =>
      this.#amend(id, { feedback: verdict ? { verdict, by: "Anna", ts: Date.now() } : undefined }),
    "vigilar/note": ({ event_id: id, text }) =>
      this.#amend(id, { note: text ? { text, by: "Anna", ts: Date.now() } : undefined }),
    "vigilar/protect": ({ event_id: id, protected: on }) => this.#amend(id, { protected: on || undefined }),
    "vigilar/event/delete": ({ event_ids: [id], force }) => {
      if (this.#event(id).payload.protected && !force) throw { code: "home_assistant_error", message: "It is protected" };
      this.server.remove(id);
    },
    "vigilar/export/event": ({ event_id }) => ({ url: `/api/vigilar/exports/${event_id}` }),
    "vigilar/timeline/page": (message) =>
      message.before_ts === undefined
        ? this.server.page(message)
        : {
            events: this.#matching(message)
              .filter(({ ts }) => ts < message.before_ts)
              .slice(0, message.limit),
            more: false,
          },
  };

  #event(id) {
    return this.server.events.get(id);
  }

  #amend(id, payload) {
    this.server.write({ id, payload });
    return {};
  }

  #matching({ source_ids: sources, types, severities }) {
    return this.server
      .newest()
      .filter(
        (event) =>
          (!sources || sources.includes(event.source_id)) &&
          (!types || types.includes(event.type)) &&
          (!severities || severities.includes(event.severity)),
      );
  }

  #get(message) {
    const event = this.#event(message.event_id);
    if (!event) throw { code: "home_assistant_error", translation_key: "no_such_event", message: "No such event" };
    const run = this.#matching(message);
    const index = run.findIndex(({ id }) => id === event.id);
    return {
      event,
      newer_id: run[index - 1]?.id ?? null,
      older_id: index < 0 ? null : (run[index + 1]?.id ?? null),
      seq: this.server.seq,
    };
  }

  /** Say that cameras came, went or changed. */
  tellSources(sources) {
    this.server.sources = sources;
    this.server.connection.deliver({ kind: "changed", seq: this.server.seq, events: [], removed: [], sources });
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
export function furnish(server) {
  const view = new ViewServer(server);
  window.view = view;
  const source = (id, name, area, more = {}) => ({
    source_id: id,
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
    source("garden", "Garden", "Outside", { detecting: false }),
    source("garage", "Garage", "Garage"),
    source("back_yard_with_a_rather_long_name", "Back yard with a rather long name", "Outside", { online: false }),
  ];
  return view;
}

/** Let a day have happened, with a visitor at the end. */
export function fillWithVisitor(server) {
  fillWithStories(server);
  const ts = Date.now() - HOUR / 4;
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
      box: [0.4, 0.28, 0.14, 0.55],
      why: "A person was recognised, 94 % sure: moved 38 % of the picture's width.",
      latency_ms: { confirm: 812.4, decode: 3.21, motion: 1.9, inference: 61.5, classify: 240.2, handoff: 0.8 },
      media: fullMedia(id, ts - 5000),
    },
  });
  window.view.deliveries = [
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
    user: { id: "me", name: "Anna", is_admin: admin },
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

window.fakeView = { FakeServer, ViewServer, fillWithVisitor, fullMedia, furnish, houseOf, openPanel };
