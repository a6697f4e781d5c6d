// Cameras of the small Home Assistant: their entities, their pictures, what
// moves before them, and Home Assistant's own player.

/** A still as a camera would make it, drawn with few strokes. */
export function still({ width = 640, height = 360, night = false } = {}) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const draw = canvas.getContext("2d");
  const fill = (colour, x, y, w, h) => {
    draw.fillStyle = colour;
    draw.fillRect(x * width, y * height, w * width, h * height);
  };
  const sky = draw.createLinearGradient(0, 0, 0, height * 0.5);
  sky.addColorStop(0, night ? "#141a24" : "#8fb4d4");
  sky.addColorStop(1, night ? "#27303d" : "#dfe8ec");
  fill(sky, 0, 0, 1, 0.5);
  fill(night ? "#1d231f" : "#6f8a58", 0, 0.48, 1, 0.52);
  fill(night ? "#3a3a3d" : "#b9b2a6", 0.3, 0.55, 0.45, 0.45);
  fill(night ? "#30343b" : "#a2674f", 0.58, 0.14, 0.36, 0.44);
  fill(night ? "#1b1e22" : "#5d3a2f", 0.7, 0.3, 0.09, 0.28);
  fill(night ? "#d8c07a" : "#cfe2ee", 0.83, 0.24, 0.07, 0.12);
  fill(night ? "#565b66" : "#33415c", 0.4, 0.42, 0.05, 0.26);
  fill(night ? "#777" : "#d9b48f", 0.408, 0.36, 0.034, 0.07);
  return canvas.toDataURL();
}

/** Stands in for `hui-picture-entity-card`: a picture that fills its place. */
class FakePlayer extends HTMLElement {
  setConfig(config) {
    this.config = config;
    this.textContent = "";
  }
}

/** Let the server have a camera with its entities; return what `hass` needs for it. */
export function furnish(server, cameras) {
  if (!customElements.get("fake-player")) customElements.define("fake-player", FakePlayer);
  const players = (window.players = []);
  window.loadCardHelpers = async () => ({
    createCardElement(config) {
      const player = document.createElement("fake-player");
      player.setConfig(config);
      players.push(player);
      return player;
    },
  });
  const hass = { entities: {}, states: {}, panels: { vigilar: {} }, hassUrl: (path) => path };
  server.sources = cameras.map((camera) => ({
    source_id: camera.source_id,
    name: camera.name,
    entity_id: `event.${camera.source_id}_activity`,
    device_id: `device_${camera.source_id}`,
    area_id: camera.area ? camera.area.toLowerCase() : null,
    area: camera.area ?? null,
    zones: [],
    online: camera.online ?? true,
    detecting: camera.detecting ?? true,
    can_control: true,
    camera_entity_id: camera.entity === null ? null : `camera.${camera.source_id}`,
  }));
  const entity = (id, device, state, attributes = {}, more = {}) => {
    hass.entities[id] = { entity_id: id, platform: "vigilar", device_id: device, ...more };
    hass.states[id] = { entity_id: id, state, attributes };
  };
  for (const camera of cameras) {
    const { source_id: id } = camera;
    const device = `device_${id}`;
    const picture = { entity_picture: camera.picture ?? still(camera) };
    if (camera.entity !== null) {
      entity(`camera.${id}`, device, "idle", picture, { platform: "generic" });
    }
    entity(`event.${id}_activity`, device, "unknown", {}, { translation_key: "activity" });
    entity(`image.${id}_last_event`, device, "unknown", picture, { translation_key: "last_event" });
    entity(`binary_sensor.${id}_motion`, device, "off", { device_class: "motion" });
    entity(`binary_sensor.${id}_problem`, device, camera.tampered ? "on" : "off", { device_class: "problem" });
  }
  entity("sensor.vigilar_unreviewed", "hub", "3", {}, { translation_key: "unreviewed" });
  return hass;
}

/** Answer subscriptions to what moves, apart from those to the timeline. */
export function tellWhatMoves(server) {
  const { connection } = server;
  const subscribe = connection.subscribeMessage.bind(connection);
  const live = (server.live = { refusal: undefined, subscriptions: [] });
  connection.subscribeMessage = async (callback, message, options) => {
    if (message.type !== "vigilar/live/subscribe") return subscribe(callback, message, options);
    if (live.refusal) throw live.refusal;
    const subscription = { callback, message, active: true };
    live.subscriptions.push(subscription);
    return async () => {
      subscription.active = false;
    };
  };
  live.tell = (boxes) => {
    for (const { active, callback } of live.subscriptions) {
      if (active) callback({ kind: "live", ts: Date.now(), boxes, online: true, detecting: true });
    }
  };
}
