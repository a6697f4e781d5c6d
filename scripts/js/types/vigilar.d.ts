// The shapes that cross the websocket, and what the frontend uses of Home Assistant.

export type Severity = "info" | "warning" | "alert" | "critical";

export interface Label {
  label: string;
  /** How sure the classifier is, 0-1. */
  score: number;
}

export type MediaKind = "snapshot" | "thumbnail" | "preview" | "clip";

/** What there is to see of an event, and what became of it. */
export interface Medium {
  state: "none" | "pending" | "ready" | "failed" | "deleted";
  url: string | null;
  /** Why it failed. */
  reason?: string;
  /** Bytes. */
  size?: number;
  /** Where a clip can be played while it grows. */
  live_url?: string;
  /** Of a clip's first picture, Unix milliseconds. */
  start_ts?: number;
  duration_ms?: number;
  /** Of a clip; part n, from 1 on, is at `url` with `/n` behind it. */
  parts?: number;
}

export type Verdict = "false_alarm" | "person" | "vehicle" | "animal" | "package" | "other";

export interface Payload {
  /** Number of the change that this is, store-wide and growing. */
  seq: number;
  phase: "new" | "updated" | "ended";
  name: string;
  entity_id: string | null;
  /** Unix milliseconds; null while the event lasts. */
  end_ts: number | null;
  labels: Label[];
  zones: string[];
  why: string;
  device_id?: string | null;
  /** The id of the first event of the incident. */
  incident_id?: string;
  /** Left, top, width and height as fractions of the snapshot. */
  box?: [number, number, number, number] | null;
  media?: Partial<Record<MediaKind, Medium>>;
  /** Milliseconds that each stage took. */
  latency_ms?: Record<string, number>;
  protected?: boolean;
  reviews?: { user_id: string; by: string; ts: number }[];
  feedback?: { verdict: Verdict; by: string; ts: number };
  note?: { text: string; by: string; ts: number };
  /** What an assistant says that the picture shows. */
  description?: { text: string; by: string; ts: number };
  /** It was made up, or made by somebody who tries it all out. */
  test?: boolean;
}

/** A period in which a source, or none (null), was watched. */
export interface Blind {
  id: number;
  source_id: string | null;
  start: number;
  end: number | null;
  reason: "restart" | "offline" | "detection_off";
}

export interface TimelineEvent {
  id: string;
  /** When it began, Unix milliseconds. */
  ts: number;
  type: string;
  severity: Severity;
  source_id: string;
  payload: Payload;
}

export interface Source {
  source_id: string;
  kind: "camera" | "alarm" | "sensor" | "remote";
  name: string;
  entity_id: string | null;
  device_id?: string | null;
  area_id?: string | null;
  area?: string | null;
  zones?: string[];
  online?: boolean;
  detecting?: boolean;
  can_control?: boolean;
  camera_entity_id?: string | null;
}

export interface ConnectedMessage {
  kind: "connected";
  epoch: string;
  seq: number;
  /** True: `events` holds only what changed since `since_seq`. */
  resumed: boolean;
  events: TimelineEvent[];
  removed: string[];
  sources: Source[];
  /** Of the last seven days. */
  blind?: Blind[];
  unreviewed?: number;
}

export interface ChangedMessage {
  kind: "changed";
  seq: number;
  events: TimelineEvent[];
  removed: string[];
  /** Those that began or ended; the rest only when it changed. */
  blind?: Blind[];
  sources?: Source[];
  unreviewed?: number;
}

/** The answer to `vigilar/event/get`. */
export interface EventAnswer {
  event: TimelineEvent;
  newer_id: string | null;
  older_id: string | null;
  /** All of its incident that the user may see; none when it belongs to none. */
  incident?: TimelineEvent[];
  seq: number;
}

/** A row of the answer to `vigilar/delivery`. */
export interface Delivery {
  recipient_id: string;
  recipient: string;
  state: "sending" | "sent" | "updated" | "failed" | "not_sent" | "joined";
  /** In words, with the times of the server's zone. */
  text: string;
  reason: string | null;
  params: Record<string, unknown>;
  /** When the row last changed, Unix milliseconds. */
  at: number;
  sent_at: number | null;
  critical: boolean;
  dismissed: boolean;
  updates: number;
  devices: { name: string; told: boolean; error: string | null }[];
}

/** Whose deeds, and which; a missing key does not restrict. */
export interface AuditFilter {
  /** Empty for those without a user. */
  user_id?: string;
  action?: string;
}

export interface AuditRow {
  id: number;
  /** Unix milliseconds. */
  ts: number;
  /** Empty for an automation. */
  user_id: string;
  /** Empty if unknown. */
  name: string;
  action: string;
  event_id: string | null;
  source_id: string | null;
  detail: string;
}

/** What an audit says of an event that is still there. */
export type AuditedEvent = Pick<TimelineEvent, "ts" | "type" | "severity"> & { name: string };

export type Doer = Pick<AuditRow, "user_id" | "name">;

/** The answer to `vigilar/audit/page`. */
export interface AuditPage {
  rows: AuditRow[];
  events: Record<string, AuditedEvent>;
  more: boolean;
  /** On the first page. */
  doers?: Doer[];
}

/** Something that moves now, on the live picture. */
export interface LiveBox {
  id: string;
  box: [number, number, number, number];
  label: string | null;
  score: number;
  sure: boolean;
  /** Names of the zones that it stands in. */
  zones?: string[];
}

export interface LiveMessage {
  kind: "live";
  ts: number;
  boxes: LiveBox[];
  online: boolean;
  detecting: boolean;
}

export interface ResyncMessage {
  kind: "resync";
}

export type TimelineMessage = ConnectedMessage | ChangedMessage | ResyncMessage;

/** Which events to show; a missing key does not restrict. */
export interface Filter {
  source_ids?: string[];
  area_ids?: string[];
  types?: string[];
  severities?: Severity[];
  zones?: string[];
  /** False: only those not reviewed. */
  reviewed?: boolean;
  /** Whose review counts; anyone's when missing. */
  review_scope?: "anyone" | "me";
  /** Every word begins a word of the event. */
  text?: string;
}

export interface Query extends Filter {
  limit: number;
}

export interface Page {
  /** Newest first. */
  events: TimelineEvent[];
  /** Whether there are more in the direction asked for. */
  more?: boolean;
}

export interface DensityAnswer {
  start: number;
  end: number;
  bucket: number;
  /** The last change counted. */
  seq?: number;
  /** Not-empty buckets: index, then the number of each severity, info first. */
  sources: { source_id: string; buckets: [number, number, number, number, number][] }[];
  blind: Blind[];
}

export interface DayCount {
  /** For example "2026-11-23". */
  day: string;
  count: number;
  unreviewed: number;
}

/** What became of one event; `known` tells whether `before` is all that there was. */
export interface StoreChange {
  before?: TimelineEvent;
  after?: TimelineEvent;
  known: boolean;
  seq: number;
}

export type ListItem =
  | { kind: "day"; key: string; ts: number; day: string }
  | { kind: "hour"; key: string; ts: number }
  | { kind: "event"; key: string; ts: number; event: TimelineEvent; member: boolean }
  | { kind: "fold"; key: string; ts: number; lead: TimelineEvent; events: TimelineEvent[]; open: boolean; incident: boolean }
  | { kind: "blind"; key: string; ts: number; blind: Blind };

export interface CardConfig extends Filter {
  type: string;
  title?: string;
  /** True is the same as `reviewed: false`, which a form has no switch for. */
  unreviewed?: boolean;
  view?: "list" | "ribbon" | "both";
  density?: "comfortable" | "compact";
  show_thumbnails?: boolean;
  show_filters?: boolean;
  limit?: number;
  grid_options?: { rows?: number | "auto" };
}

export type Problem = "not_loaded" | "starting" | "denied" | "failed";

export interface Status {
  state: "connecting" | "live" | "reconnecting" | "error";
  /** Why, when the state is "error". */
  problem?: Problem;
}

export type Localize = (key: string, values?: Record<string, string | number>) => string;

export interface Connection {
  connected?: boolean;
  addEventListener(name: string, listener: () => void): void;
  removeEventListener(name: string, listener: () => void): void;
  subscribeMessage<M = TimelineMessage>(
    callback: (message: M) => void,
    message: Record<string, unknown>,
    options?: { resubscribe?: boolean },
  ): Promise<() => Promise<void>>;
  sendMessagePromise<T>(message: Record<string, unknown>): Promise<T>;
}

export interface Locale {
  language: string;
  time_format: "language" | "system" | "12" | "24";
  time_zone: "local" | "server";
}

export interface Hass {
  connection: Connection;
  language: string;
  locale: Locale;
  config: { time_zone: string; state: string };
  themes: { darkMode: boolean };
  dockedSidebar?: "docked" | "auto" | "always_hidden";
  entities: Record<string, EntityEntry>;
  states?: Record<string, EntityState>;
  user?: { id: string; name: string; is_admin: boolean };
  panels?: Record<string, { component_name: string; url_path: string }>;
  /** Puts an entity's state in words. */
  formatEntityState?: (state: EntityState) => string;
  /** Completes a path where the frontend is served from elsewhere. */
  hassUrl?: (path: string) => string;
  callService?: (
    domain: string,
    service: string,
    data?: Record<string, unknown>,
    target?: { entity_id: string },
  ) => Promise<unknown>;
}

export interface EntityEntry {
  entity_id?: string;
  platform?: string;
  device_id?: string | null;
  translation_key?: string;
}

export interface EntityState {
  entity_id: string;
  state: string;
  attributes: Record<string, any>;
}

export interface CustomCard {
  type: string;
  name: string;
  description: string;
  preview: boolean;
  documentationURL: string;
  getEntitySuggestion(
    hass: Hass,
    entityId: string,
  ): { config: CardConfig } | null;
}

declare global {
  interface Window {
    loadCardHelpers?: () => Promise<{ importMoreInfoControl(domain: string): void }>;
    customCards?: CustomCard[];
  }
}
