// @ts-check
import { VigilarClipPlayer } from "./clip-player.js";
import { VigilarClipRibbon } from "./clip-ribbon.js";
import { define } from "./define.js";
import { VigilarEventMedia } from "./event-media.js";
import { VigilarEventNote } from "./event-note.js";
import { VigilarEventView } from "./event-view.js";
import { VigilarLedger } from "./ledger.js";
import { VigilarMenu } from "./menu.js";

define("vigilar-clip-ribbon", VigilarClipRibbon);
define("vigilar-clip-player", VigilarClipPlayer);
define("vigilar-event-media", VigilarEventMedia);
define("vigilar-event-note", VigilarEventNote);
define("vigilar-ledger", VigilarLedger);
define("vigilar-menu", VigilarMenu);
define("vigilar-event-view", VigilarEventView);
