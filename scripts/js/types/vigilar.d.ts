// The shapes that cross the websocket, and what the frontend uses of Home Assistant.

export type Severity = "info" | "warning" | "alert" | "critical";

export interface Label {
  label: string;
  /** How sure the classifier is, 0-1. */
  score: number;
}

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
  name: string;
  entity_id: string | null;
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
}

export interface ChangedMessage {
  kind: "changed";
  seq: number;
  events: TimelineEvent[];
  removed: string[];
}

export interface ResyncMessage {
  kind: "resync";
}

export type TimelineMessage = ConnectedMessage | ChangedMessage | ResyncMessage;

/** What to show; a missing key does not restrict. */
export interface Query {
  limit: number;
  source_ids?: string[];
  types?: string[];
  severities?: Severity[];
}

export interface CardConfig {
  type: string;
  title?: string;
  source_ids?: string[];
  types?: string[];
  severities?: Severity[];
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
  subscribeMessage(
    callback: (message: TimelineMessage) => void,
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
  entities: Record<string, { platform?: string }>;
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
    customCards?: CustomCard[];
  }
}
