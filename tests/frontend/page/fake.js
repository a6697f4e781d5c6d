// A Home Assistant small enough to hold in one's head: a server that numbers
// changes, a connection that can be cut, and the root element.

const MINUTE = 60_000;

/** Numbers and keeps changes as Vigilar's server does. */
export class FakeServer {
  epoch = "01EPOCH";
  seq = 0;
  sources = [
    { source_id: "front_door", kind: "camera", name: "Front door", entity_id: "camera.front_door" },
    { source_id: "garden", kind: "camera", name: "Garden", entity_id: "camera.garden" },
  ];
  events = new Map();
  journal = [];
  pages = [];
  /** What is answered to other commands than pages, by their types. */
  commands = {
    "vigilar/timeline/density": ({ start, end, bucket }) => ({ start, end, bucket, seq: this.seq, sources: [], blind: [] }),
    "vigilar/timeline/days": () => ({ days: [] }),
  };
  /** The error to answer subscriptions with, and the one for pages. */
  refusal = undefined;
  pageRefusal = undefined;
  connection = new FakeConnection(this);

  /** Write a change and return the event as it stands. */
  write(event) {
    const known = this.events.get(event.id);
    const seq = ++this.seq;
    const stored = {
      ts: Date.now(),
      type: "motion",
      severity: "info",
      source_id: "front_door",
      ...known,
      ...event,
      payload: {
        version: 1,
        phase: known ? "updated" : "new",
        name: "Front door",
        entity_id: "camera.front_door",
        end_ts: null,
        labels: [],
        zones: [],
        why: "Motion lasted for 1.2 s",
        ...known?.payload,
        ...event.payload,
        seq,
      },
    };
    this.events.set(event.id, stored);
    this.journal.push({ seq, event: stored });
    this.connection.deliver({ kind: "changed", seq, events: [stored], removed: [] });
    return stored;
  }

  /** Delete an event. */
  remove(id) {
    this.events.delete(id);
    const seq = ++this.seq;
    this.journal.push({ seq, removed: id });
    this.connection.deliver({ kind: "changed", seq, events: [], removed: [id] });
  }

  /** Answer a subscription. */
  connected(message) {
    const resumed = message.epoch === this.epoch && message.since_seq !== undefined;
    const missed = this.journal.filter(({ seq }) => seq > message.since_seq);
    return {
      kind: "connected",
      epoch: this.epoch,
      seq: this.seq,
      resumed,
      events: resumed
        ? [...new Map(missed.filter(({ event }) => event).map(({ event }) => [event.id, event])).values()]
        : this.newest().slice(0, message.limit),
      removed: resumed ? missed.filter(({ removed }) => removed).map(({ removed }) => removed) : [],
      sources: this.sources,
    };
  }

  page({ before, before_ts, after, after_ts, limit }) {
    const events = this.newest();
    if (after !== undefined || after_ts !== undefined) {
      const index = events.findIndex(({ id }) => id === after);
      const newer = index < 0 ? events.filter(({ ts }) => ts >= after_ts) : events.slice(0, index);
      return { events: newer.slice(-limit), more: newer.length > limit };
    }
    const older =
      before_ts === undefined
        ? events.slice(events.findIndex(({ id }) => id === before) + 1)
        : events.filter(({ ts }) => ts < before_ts);
    return { events: older.slice(0, limit), more: older.length > limit };
  }

  newest() {
    return [...this.events.values()].sort((a, b) => b.ts - a.ts || (a.id < b.id ? 1 : -1));
  }
}

/** Behaves as Home Assistant's connection does, also when it is lost. */
export class FakeConnection {
  connected = true;
  /** Answer subscriptions at once; else the test calls answer(). */
  answering = true;
  subscriptions = [];
  #listeners = new Map();
  #server;

  constructor(server) {
    this.#server = server;
  }

  addEventListener(name, listener) {
    this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(listener));
  }

  removeEventListener(name, listener) {
    this.#listeners.get(name)?.delete(listener);
  }

  listeners() {
    return [...this.#listeners.values()].reduce((count, { size }) => count + size, 0);
  }

  subscribeMessage(callback, message, options) {
    return new Promise((resolve, reject) => {
      const subscription = { callback, message, options, resolve, reject, active: false, ended: false };
      this.subscriptions.push(subscription);
      if (this.answering) this.answer(subscription);
    });
  }

  answer(subscription) {
    if (this.#server.refusal) {
      subscription.reject(this.#server.refusal);
      return;
    }
    subscription.active = true;
    subscription.resolve(async () => {
      if (subscription.lost) throw new Error("not a subscription of this connection");
      subscription.active = false;
      subscription.ended = true;
    });
    subscription.callback(this.#server.connected(subscription.message));
  }

  deliver(message) {
    // A copy: who hears "resync" subscribes anew on the spot.
    for (const subscription of [...this.subscriptions]) {
      if (subscription.active) subscription.callback(structuredClone(message));
    }
  }

  async sendMessagePromise(message) {
    const command = this.#server.commands[message.type];
    if (command) return structuredClone(await command(message));
    this.#server.pages.push(message);
    if (this.#server.pageRefusal) throw this.#server.pageRefusal;
    return structuredClone(this.#server.page(message));
  }

  lose() {
    this.connected = false;
    for (const subscription of this.subscriptions) {
      if (!subscription.active) subscription.reject({ code: 3, message: "Connection lost" });
      subscription.active = false;
      subscription.lost = true;
    }
    this.#emit("disconnected");
  }

  restore() {
    this.connected = true;
    this.#emit("ready");
  }

  #emit(name) {
    for (const listener of this.#listeners.get(name) ?? []) listener();
  }
}

export function makeHass(connection, overrides = {}) {
  return {
    connection,
    language: "en",
    locale: { language: "en", time_format: "24", time_zone: "server" },
    config: { time_zone: "Europe/Amsterdam", state: "RUNNING" },
    themes: { darkMode: false },
    entities: {},
    user: { id: "anna", name: "Anna", is_admin: true },
    ...overrides,
  };
}

export function defineHomeAssistant(hass) {
  const element = document.createElement("home-assistant");
  element.hass = hass;
  document.body.append(element);
  if (!customElements.get("home-assistant")) {
    customElements.define("home-assistant", class extends window.HTMLElement {});
  }
}

/** A day or two in the life of a house, for the eye. */
export function fillWithStories(server) {
  const now = Date.now();
  const story = (minutes, lasts, type, severity, name, zones = [], more = {}) => {
    const ts = now - minutes * MINUTE;
    server.write({
      id: `01STORY${String(1e6 - minutes).padStart(10, "0")}`,
      ts,
      type,
      severity,
      source_id: name.toLowerCase().replaceAll(" ", "_"),
      payload: {
        name,
        zones,
        phase: lasts === null ? "new" : "ended",
        end_ts: lasts === null ? null : ts + lasts * 1000,
        ...more,
      },
    });
  };
  story(2900, 31, "animal", "info", "Garden", ["Lawn"]);
  story(1660, 8, "motion", "info", "Back yard with a rather long name", ["Terrace", "Pond", "Vegetable patch"]);
  story(1500, 95, "vehicle", "warning", "Driveway", ["Street", "Driveway"]);
  story(340, 0, "camera_online", "info", "Garden");
  story(355, 900, "camera_offline", "warning", "Garden");
  story(200, 4, "camera_tampered", "critical", "Garage");
  story(64, 17, "motion", "info", "Front door", ["Porch"]);
  story(31, 3670, "vehicle", "warning", "Driveway", ["Street", "Driveway"]);
  story(12, 24, "animal", "info", "Garden", ["Lawn"], { labels: [{ label: "cat", score: 0.81 }] });
  story(0.4, null, "person", "alert", "Front door", ["Street", "Driveway", "Porch"], {
    labels: [
      { label: "person", score: 0.94 },
      { label: "backpack", score: 0.61 },
    ],
    why: "A person was recognised with a certainty of 94 % in the zone Porch",
  });
}

/** Put a card or the panel on the page, as Home Assistant would. */
export async function mount({ element = "card", config = {}, hass = {}, layout } = {}) {
  const server = window.server ?? (window.server = new FakeServer());
  window.hass = makeHass(server.connection, hass);
  document.documentElement.classList.toggle("dark", window.hass.themes.darkMode);
  defineHomeAssistant(window.hass);
  const name = { card: "vigilar-timeline-card", panel: "vigilar-panel", camera: "vigilar-camera-card" }[element];
  await import(`/frontend/${name}.js`);
  await customElements.whenDefined(name);
  const mounted = document.createElement(name);
  mounted.id = element;
  if (element !== "panel") mounted.setConfig({ type: `custom:${name}`, ...config });
  if (layout) mounted.layout = layout;
  mounted.hass = window.hass;
  document.body.append(mounted);
  window.mounted = mounted;
}

window.fake = { FakeServer, fillWithStories, makeHass, defineHomeAssistant, mount };
