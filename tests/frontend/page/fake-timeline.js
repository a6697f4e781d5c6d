// The timeline's commands, and a house in which a good deal happens.
import { FakeServer } from "./fake.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SEVERITIES = ["info", "warning", "alert", "critical"];

/** Answers what the list, the ribbon and the filters ask. */
export class TimelineServer extends FakeServer {
  asked = [];
  blind = [];
  /** The error to answer reviews with. */
  reviewRefusal = undefined;

  commands = {
    "vigilar/timeline/page": (message) => this.#noted(message, () => this.page(message)),
    "vigilar/timeline/density": (message) => this.#noted(message, () => this.density(message)),
    "vigilar/timeline/days": (message) => this.#noted(message, () => this.days(message)),
    "vigilar/review/mark": (message) => this.#noted(message, () => this.mark(message)),
    "vigilar/review/span": (message) => this.#noted(message, () => this.span(message)),
    "auth/sign_path": (message) => ({ path: picture(message.path) }),
  };

  matches(event, filter) {
    const has = (list, ...values) => !list?.length || values.some((value) => list.includes(value));
    const { payload } = event;
    const area = this.sources.find(({ source_id }) => source_id === event.source_id)?.area_id;
    const words = `${payload.name} ${event.type} ${payload.zones.join(" ")} ${payload.why}`.toLowerCase();
    return (
      has(filter.source_ids, event.source_id) &&
      has(filter.area_ids, area) &&
      has(filter.types, event.type) &&
      has(filter.severities, event.severity) &&
      has(filter.zones, ...payload.zones) &&
      (filter.reviewed === undefined || filter.reviewed === Boolean(payload.reviews?.length)) &&
      (filter.text ?? "").toLowerCase().split(/\s+/).every((word) => words.includes(word)) &&
      event.ts >= (filter.start ?? -Infinity) &&
      event.ts < (filter.end ?? Infinity)
    );
  }

  connected(message) {
    return {
      ...super.connected(message),
      ...(!message.epoch && { events: this.page({ ...message, before_ts: Infinity }).events }),
      blind: this.blind,
      unreviewed: this.unreviewed(),
    };
  }

  page(message) {
    const kept = this.events;
    const matching = [...kept].filter(([, event]) => this.matches(event, message));
    this.events = new Map(matching);
    const answer = super.page(message);
    this.events = kept;
    return answer;
  }

  unreviewed() {
    return [...this.events.values()].filter(
      ({ severity, payload }) => ["alert", "critical"].includes(severity) && !payload.reviews?.length,
    ).length;
  }

  density({ start, end, bucket, ...filter }) {
    const sources = new Map();
    for (const event of this.events.values()) {
      if (!this.matches(event, { ...filter, start, end })) continue;
      const buckets = sources.get(event.source_id) ?? new Map();
      sources.set(event.source_id, buckets);
      const index = Math.floor((event.ts - start) / bucket);
      const counts = buckets.get(index) ?? [index, 0, 0, 0, 0];
      buckets.set(index, counts);
      counts[1 + SEVERITIES.indexOf(event.severity)] += 1;
    }
    return {
      start,
      end,
      bucket,
      seq: this.seq,
      sources: [...sources].map(([source_id, buckets]) => ({
        source_id,
        buckets: [...buckets.values()].sort(([a], [b]) => a - b),
      })),
      blind: this.blind.filter((period) => period.start < end && (period.end ?? Infinity) > start),
    };
  }

  days({ start, end, time_zone, ...filter }) {
    const format = new Intl.DateTimeFormat("sv", { timeZone: time_zone });
    const days = new Map();
    for (const event of this.events.values()) {
      if (!this.matches(event, { ...filter, start, end })) continue;
      const day = format.format(event.ts);
      const count = days.get(day) ?? { day, count: 0, unreviewed: 0 };
      days.set(day, count);
      count.count += 1;
      if (!event.payload.reviews?.length) count.unreviewed += 1;
    }
    return { days: [...days.values()] };
  }

  mark({ event_ids, reviewed }) {
    if (this.reviewRefusal) throw this.reviewRefusal;
    for (const id of event_ids) {
      const event = this.events.get(id);
      const others = (event.payload.reviews ?? []).filter(({ user_id }) => user_id !== "anna");
      const mine = { user_id: "anna", by: "Anna", ts: Date.now() };
      this.write({ id, payload: { reviews: reviewed ? [...others, mine] : others } });
    }
    return { count: event_ids.length };
  }

  span(filter) {
    const ids = [...this.events.values()].filter((event) => this.matches(event, filter)).map(({ id }) => id);
    return this.mark({ event_ids: ids, reviewed: true });
  }

  #noted(message, answer) {
    this.asked.push(message);
    if (message.type === "vigilar/timeline/page" && this.pageRefusal) throw this.pageRefusal;
    return answer();
  }
}

/** A picture for the eye: a scene by day or night with somebody in it, the same for the same path. */
function picture(path) {
  let seed = 7;
  for (const letter of path) seed = (Math.imul(seed, 31) + letter.charCodeAt(0)) >>> 0;
  const random = () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32);
  random();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 180];
  const context = canvas.getContext("2d");
  const night = random() < 0.4;
  const hue = 190 + random() * 40;
  const sky = context.createLinearGradient(0, 0, 0, 110);
  sky.addColorStop(0, `hsl(${hue} ${night ? 20 : 45}% ${night ? 12 : 68}%)`);
  sky.addColorStop(1, `hsl(${hue} 25% ${night ? 22 : 86}%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, 320, 180);
  context.fillStyle = `hsl(${25 + random() * 20} 22% ${night ? 20 : 52}%)`;
  context.fillRect(random() * 120 - 40, 30, 150, 100);
  context.fillStyle = night ? "#ffd98a" : "#3b4a58";
  context.fillRect(60, 55, 26, 34);
  context.fillStyle = `hsl(${90 + random() * 40} 24% ${night ? 16 : 40}%)`;
  context.fillRect(0, 112, 320, 68);
  context.fillStyle = `hsl(40 8% ${night ? 26 : 62}%)`;
  context.beginPath();
  context.moveTo(130, 112);
  context.lineTo(190, 112);
  context.lineTo(300, 180);
  context.lineTo(60, 180);
  context.fill();
  const x = 90 + random() * 150;
  context.fillStyle = `hsl(${random() * 360} 45% ${night ? 38 : 42}%)`;
  if (/vehicle/.test(path)) {
    context.beginPath();
    context.roundRect(x - 46, 112, 96, 34, 12);
    context.roundRect(x - 26, 94, 56, 26, 10);
    context.fill();
    context.fillStyle = "#15181b";
    for (const wheel of [-24, 28]) {
      context.beginPath();
      context.arc(x + wheel, 147, 10, 0, 7);
      context.fill();
    }
  } else if (/animal/.test(path)) {
    context.beginPath();
    context.ellipse(x, 140, 20, 10, 0, 0, 7);
    context.ellipse(x + 20, 130, 8, 7, 0, 0, 7);
    context.fill();
    context.fillRect(x - 14, 146, 4, 12);
    context.fillRect(x + 10, 146, 4, 12);
  } else if (/person/.test(path)) {
    context.beginPath();
    context.roundRect(x - 11, 92, 22, 38, 8);
    context.fill();
    context.fillRect(x - 9, 126, 7, 30);
    context.fillRect(x + 2, 126, 7, 30);
    context.fillStyle = "#c99a7c";
    context.beginPath();
    context.arc(x, 82, 9, 0, 7);
    context.fill();
  }
  return canvas.toDataURL("image/png");
}

const HOUSE = [
  ["front_door", "Front door", "entrance", "Entrance", ["Street", "Porch"]],
  ["driveway", "Driveway", "entrance", "Entrance", ["Street", "Driveway"]],
  ["garden", "Garden", "garden", "Garden", ["Lawn", "Terrace"]],
  ["garage", "Garage", "garage", "Garage", []],
];

/** Cameras, areas, zones, and the events of the last days. */
export function fillWithDays(server, { days = 6, more = 1 } = {}) {
  server.sources = HOUSE.map(([source_id, name, area_id, area, zones]) => ({
    source_id,
    kind: "camera",
    name,
    entity_id: `binary_sensor.${source_id}`,
    device_id: source_id,
    area_id,
    area,
    zones,
    online: true,
    detecting: true,
    can_control: true,
    camera_entity_id: `camera.${source_id}`,
  }));
  let seed = 42;
  const random = () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32);
  const now = Date.now();
  let number = 0;
  const write = (ts, [source_id, name, , , zones], type, extra = {}) => {
    const id = `01DAY${String(1e9 - Math.round((now - ts) / 1000)).padStart(12, "0")}${String(number++ % 1000).padStart(3, "0")}`;
    const severity = extra.severity ?? { person: "alert", vehicle: "warning" }[type] ?? "info";
    const lasts = 4000 + Math.round(random() * 70) * 1000;
    const state = extra.media ?? "ready";
    const media = Object.fromEntries(
      ["thumbnail", "preview", "snapshot", "clip"].map((kind) => [
        kind,
        { state, url: state === "ready" ? `/api/vigilar/${type}/${id}/${kind}` : null },
      ]),
    );
    const known = ["person", "vehicle", "animal"].includes(type);
    const labels = known ? [{ label: type, score: 0.6 + 0.39 * random() }] : [];
    const end_ts = extra.lasting ? null : ts + lasts;
    server.write({
      id,
      ts,
      type,
      severity,
      source_id,
      payload: {
        name,
        zones: known ? zones.slice(0, 1 + Math.round(random())) : [],
        labels: [...labels, ...(extra.labels ?? [])],
        phase: extra.lasting ? "new" : "ended",
        end_ts,
        media,
        why: known ? `A ${type} was recognised` : "Motion lasted for 2.1 s",
        ...extra.payload,
      },
    });
  };
  for (let day = days - 1; day >= 0; day -= 1) {
    for (let hour = 23; hour >= 0; hour -= 1) {
      const busy = more * (hour > 6 && hour < 22 ? 2.4 : 0.35);
      for (let count = Math.floor(busy * random() * 1.7); count > 0; count -= 1) {
        const ts = now - day * 24 * HOUR - (24 - hour) * HOUR + Math.floor(random() * HOUR) + 24 * HOUR - 24 * HOUR;
        if (ts > now - 40 * MINUTE) continue;
        const type = ["motion", "motion", "person", "vehicle", "animal"][Math.floor(random() * 5)];
        const camera = HOUSE[Math.floor(random() * (type === "vehicle" ? 2 : HOUSE.length))];
        const seen = day > 0 && random() < 0.8;
        const reviews = seen ? [{ user_id: "ben", by: "Ben", ts }] : undefined;
        write(ts, camera, type, { payload: { ...(reviews && { reviews }) }, media: day > 3 ? "deleted" : "ready" });
      }
    }
  }
  const [door, driveway, garden, garage] = HOUSE;
  write(now - 37 * MINUTE, garage, "camera_tampered", { severity: "critical", media: "none" });
  write(now - 31 * MINUTE, garden, "animal", { payload: { note: { text: "The neighbours' cat", by: "Ben", ts: now } } });
  for (const minutes of [24.5, 23, 22.2, 21]) write(now - minutes * MINUTE, driveway, minutes === 23 ? "person" : "motion");
  write(now - 14 * MINUTE, driveway, "vehicle", { payload: { protected: true } });
  write(now - 8 * MINUTE, garden, "motion", { media: "failed" });
  write(now - 3 * MINUTE, door, "person", { media: "pending", labels: [{ label: "backpack", score: 0.61 }] });
  write(now - 0.4 * MINUTE, door, "person", { lasting: true });
  server.blind = [
    { id: 1, source_id: null, start: now - 19 * MINUTE, end: now - 15 * MINUTE, reason: "restart" },
    { id: 2, source_id: "garden", start: now - 9 * HOUR, end: now - 6.5 * HOUR, reason: "offline" },
    { id: 3, source_id: "garage", start: now - 40 * HOUR, end: now - 28 * HOUR, reason: "detection_off" },
  ];
}

window.fakeTimeline = { TimelineServer, fillWithDays };
