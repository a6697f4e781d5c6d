// The server's side of "Zones and tuning": one camera that is tuned, and a
// connection that the test talks through.
import { defineHomeAssistant, makeHass } from "./fake.js";

export const SOURCES = [
  {
    source_id: "front_door",
    kind: "camera",
    name: "Front door",
    entity_id: "event.front_door_activity",
    camera_entity_id: "camera.front_door",
    online: true,
    detecting: true,
  },
  {
    source_id: "garden",
    kind: "camera",
    name: "Garden",
    entity_id: "event.garden_activity",
    camera_entity_id: null,
    online: true,
    detecting: true,
  },
];

const LIMITS = {
  sensitivity: { min: 1, max: 10, step: 1, default: 5, unit: null },
  min_height: { min: 0, max: 50, step: 0.5, default: 0, unit: "%" },
  min_duration: { min: 0, max: 10, step: 0.5, default: 0, unit: "s" },
  quiet_time: { min: 1, max: 60, step: 1, default: 3, unit: "s" },
};

/** Keeps what is saved of every camera, and hears all that is asked. */
export class FakeTuning {
  connected = true;
  /** Every command, the oldest first. */
  asked = [];
  subscriptions = [];
  /** Errors to answer with, by command. */
  refusals = {};
  saved = {
    front_door: {
      settings: { sensitivity: 5, min_height: 0, min_duration: 0.5, quiet_time: 3 },
      zones: [],
    },
    garden: { settings: { sensitivity: 7, min_height: 2, min_duration: 0, quiet_time: 3 }, zones: [] },
  };
  stored = 12;
  aspect = 16 / 9;
  events = [];
  #listeners = { ready: new Set(), disconnected: new Set() };

  addEventListener(name, listener) {
    this.#listeners[name].add(listener);
  }

  removeEventListener(name, listener) {
    this.#listeners[name].delete(listener);
  }

  get listeners() {
    return Object.values(this.#listeners).reduce((sum, { size }) => sum + size, 0);
  }

  async subscribeMessage(callback, message, options) {
    this.asked.push(structuredClone(message));
    if (this.refusals[message.type]) throw this.refusals[message.type];
    const subscription = { callback, message: structuredClone(message), options, active: true };
    this.subscriptions.push(subscription);
    return async () => {
      subscription.active = false;
    };
  }

  async sendMessagePromise(message) {
    this.asked.push(structuredClone(message));
    if (this.refusals[message.type]) throw this.refusals[message.type];
    const { source_id: id } = message;
    switch (message.type) {
      case "vigilar/tuning/get":
        return structuredClone({
          ...this.saved[id],
          limits: LIMITS,
          aspect: this.aspect,
          detecting: true,
          stored_events: this.stored,
        });
      case "vigilar/tuning/save":
        for (const key of ["settings", "zones"]) if (message[key]) this.saved[id][key] = structuredClone(message[key]);
        return structuredClone(this.saved[id]);
      case "vigilar/timeline/page":
        return { events: structuredClone(this.events), more: false };
      case "auth/sign_path":
        return { path: `${message.path}?authSig=signed` };
    }
    throw new Error(`unknown command ${message.type}`);
  }

  /** The subscriptions of a command that are not ended. */
  active(type) {
    return this.subscriptions.filter(({ active, message }) => active && message.type === type);
  }

  /** Send a frame to all who look on, or to those judged by a draft or not. */
  frame(frame, draft) {
    for (const { callback, message } of this.active("vigilar/tuning/subscribe")) {
      if (draft === undefined || draft === Boolean(message.settings)) callback(structuredClone(frame));
    }
  }

  /** Send another message to all who look on. */
  tell(message) {
    for (const { callback } of this.active("vigilar/tuning/subscribe")) callback(structuredClone(message));
  }

  /** Send a message of the replay that runs. */
  replay(message) {
    for (const { callback } of this.active("vigilar/tuning/replay")) callback(structuredClone(message));
  }

  lose() {
    this.connected = false;
    for (const subscription of this.subscriptions) subscription.active = false;
    for (const listener of this.#listeners.disconnected) listener();
  }

  restore() {
    this.connected = true;
    for (const listener of this.#listeners.ready) listener();
  }
}

/** Describe a frame; things move where the test says. */
export function makeFrame({ luma, tracks = [], blobs = [], hot = [], counts = tracks.some(({ sure }) => sure) }) {
  const [columns, rows] = [40, 23];
  const cells = new Uint8Array(columns * rows);
  for (const [x, y, radius, level] of hot) {
    cells.forEach((cell, index) => {
      const away = Math.hypot((index % columns) - x * columns, (Math.floor(index / columns) - y * rows) * 1.2);
      if (away < radius) cells[index] = Math.max(cell, level * (1 - away / radius));
    });
  }
  return {
    kind: "frame",
    ts: Date.now(),
    width: 320,
    height: 180,
    luma,
    heat: { columns, rows, data: btoa(String.fromCharCode(...cells)) },
    blobs,
    tracks,
    would_count: counts,
  };
}

/** Put the page into the window, as the panel does, and follow its navigation. */
export async function mountTuning({ sourceId, sources = SOURCES, hass = {} } = {}) {
  const server = window.tuning ?? (window.tuning = new FakeTuning());
  window.hass = makeHass(server, {
    user: { id: "1", name: "Anna", is_admin: true },
    states: {
      "camera.front_door": {
        entity_id: "camera.front_door",
        state: "streaming",
        attributes: { entity_picture: "/api/camera_proxy/camera.front_door?token=1" },
      },
    },
    ...hass,
  });
  document.documentElement.classList.toggle("dark", window.hass.themes.darkMode);
  defineHomeAssistant(window.hass);
  const { loadTexts } = await import("/frontend/localize.js");
  await loadTexts("en");
  await import("/frontend/tuning-page.js");
  const page = document.createElement("vigilar-tuning-page");
  Object.assign(page, { hass: window.hass, sources, sourceId });
  document.body.style.cssText = "display: flex; flex-direction: column; block-size: 100dvh;";
  document.body.append(page);
  window.mounted = page;
  window.addEventListener("location-changed", () => {
    const [, id] = location.pathname.match(/^\/vigilar\/tuning\/(.+)$/) ?? [];
    if (id) page.sourceId = id;
  });
}
