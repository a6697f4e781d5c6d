// Cameras of the small Home Assistant: their entities, what moves
// before them, and Home Assistant's own player.

/** Stands in for Home Assistant's player: as high as its picture wants. */
class FakePlayer extends HTMLElement {
  connectedCallback() {
    const { entity_picture: source, shape } = this.stateObj.attributes;
    const picture = document.createElement("img");
    picture.src = source;
    picture.alt = "";
    picture.style = `display: block; inline-size: 100%; aspect-ratio: ${shape}; object-fit: cover`;
    this.replaceChildren(picture);
  }
}

/** Let the server have a camera with its entities; return what `hass` needs for it. */
export function furnish(server, cameras) {
  window.loadCardHelpers = async () => ({
    importMoreInfoControl() {
      if (!customElements.get("ha-camera-stream")) customElements.define("ha-camera-stream", FakePlayer);
    },
  });
  const hass = { entities: {}, states: {}, panels: { vigilar: {} }, hassUrl: (path) => path };
  server.sources = cameras.map((camera) => ({
    source_id: camera.source_id,
    kind: "camera",
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
    const picture = (kind) => ({ entity_picture: `/api/${kind}/${id}?token=secret`, shape: camera.shape ?? "16 / 9" });
    if (camera.entity !== null) {
      entity(`camera.${id}`, device, "idle", picture("camera_proxy"), { platform: "generic" });
    }
    entity(`event.${id}_activity`, device, "unknown", {}, { translation_key: "activity" });
    entity(`image.${id}_last_event`, device, camera.unseen ? "unknown" : "2026-11-23T10:00:00+00:00", picture("image_proxy"), { translation_key: "last_event" });
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
