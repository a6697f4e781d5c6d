// @ts-check
import { define } from "./define.js";
import { VigilarLivePage } from "./live-page.js";
import { VigilarLivePlayer } from "./live-player.js";

define("vigilar-live-player", VigilarLivePlayer);
define("vigilar-live-page", VigilarLivePage);
