// @ts-check
import { VigilarCameraStill } from "./camera-still.js";
import { VigilarCamerasPage } from "./cameras-page.js";
import { define } from "./define.js";

define("vigilar-camera-still", VigilarCameraStill);
define("vigilar-cameras-page", VigilarCamerasPage);
