// The shapes that the page "Zones and tuning" exchanges with the server.

/** A place as fractions (0-1) of the picture's width and height, origin at the top left. */
export type Point = [number, number];

/** x, y, width and height as fractions (0-1) of the picture. */
export type Box = [number, number, number, number];

export type ZoneKind = "include" | "mask";

export interface Zone {
  name: string;
  kind: ZoneKind;
  points: readonly Point[];
}

/** What is wrong with a zone. */
export type ZoneProblem =
  | "unnamed"
  | "name_taken"
  | "few_points"
  | "many_points"
  | "flat"
  | "crossing";

export type Settings = Record<string, number>;

export interface Limits {
  min: number;
  max: number;
  step: number;
  default: number;
  unit?: string | null;
}

/** The answer to `vigilar/tuning/get`. */
export interface Tuning {
  settings: Settings;
  zones: Zone[];
  limits: Record<string, Limits>;
  /** Width of the picture by its height; null until there was one. */
  aspect: number | null;
  detecting: boolean;
  stored_events: number;
}

export interface Track {
  id: number;
  box: Box;
  path: Point[];
  sure: boolean;
  /** Why it counts or does not, such as "too_small". */
  why: string;
}

export interface TuningFrame {
  kind: "frame";
  ts: number;
  width: number;
  height: number;
  /** The picture that was analysed: a JPEG, base64. */
  luma: string;
  /** Where something moved lately, 0-255 a cell, row by row, base64. */
  heat: { columns: number; rows: number; data: string };
  blobs: { box: Box; area: number; counts: boolean }[];
  tracks: Track[];
  would_count: boolean;
}

/** How the camera fares. */
export interface TuningState {
  kind: "state";
  online: boolean;
  detecting: boolean;
}

/** The camera was set up anew or is gone: nothing more comes. */
export interface TuningEnded {
  kind: "ended";
}

export type TuningMessage = TuningFrame | TuningState | TuningEnded;

export interface ReplayedEvent {
  event_id: string;
  ts: number;
  type: string;
  verdict: string | null;
  counts_before: boolean;
  counts_after: boolean;
}

export interface ReplayProgress {
  kind: "progress";
  done: number;
  total: number;
}

export interface ReplayResult {
  kind: "result";
  before: number;
  after: number;
  events: ReplayedEvent[];
  lost_confirmed: number;
  /** How many could not be judged. */
  unclear?: number;
}

export interface ReplayFailed {
  kind: "failed";
}

export type ReplayMessage = ReplayProgress | ReplayResult | ReplayFailed;

/** What is being tried out. */
export interface Draft {
  settings: Settings;
  zones: readonly Zone[];
}

export interface CommandError {
  code?: string | number;
  message?: string;
}
