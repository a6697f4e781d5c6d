// @ts-check
import { VigilarAuditPage } from "./audit-page.js";
import { define } from "./define.js";

define("vigilar-audit-page", VigilarAuditPage);
