// What the camera's card and the dashboard strategy are configured with.

export type CameraState = "watching" | "detection_off" | "offline" | "tampered";

export interface CameraCardConfig {
  type: string;
  source_id?: string;
  /** A camera entity that Vigilar watches, in place of the source. */
  camera?: string;
  title?: string;
  /** How many of the last events to list, 0-20. */
  events?: number;
  /** Whether what moves is framed from the beginning. */
  boxes?: boolean;
  live?: boolean | "auto" | "always" | "never";
  /** For example "16:9"; the camera's own when missing. */
  aspect_ratio?: string;
  grid_options?: { rows?: number | "auto" };
}

export interface StrategyConfig {
  type: string;
  cameras?: {
    /** Source ids that come first, in this order. */
    order?: string[];
    /** Source ids that are left out. */
    hidden?: string[];
  };
}

export interface ViewStrategyConfig extends StrategyConfig {
  view?: "timeline" | "cameras";
}

export interface CustomStrategy {
  type: string;
  strategyType: "dashboard" | "view" | "section";
  name: string;
  description: string;
  documentationURL: string;
}

declare global {
  interface Window {
    customStrategies?: CustomStrategy[];
  }
}
