// @ts-check
/** @import { Hass, TimelineEvent, Verdict } from "./vigilar" */
import { signedUrl } from "./media.js";

/**
 * @param {Hass} hass
 * @param {Record<string, unknown>} message
 * @returns {Promise<any>} Rejects with the server's error.
 */
function ask(hass, message) {
  return hass.connection.sendMessagePromise(message);
}

/**
 * @param {Hass} hass
 * @param {string} id
 * @param {boolean} reviewed
 */
export function markReviewed(hass, id, reviewed) {
  return ask(hass, { type: "vigilar/review/mark", event_ids: [id], reviewed });
}

/**
 * @param {Hass} hass
 * @param {string} id
 * @param {Verdict | null} verdict Null takes it back.
 */
export function giveFeedback(hass, id, verdict) {
  return ask(hass, { type: "vigilar/feedback", event_id: id, verdict });
}

/**
 * @param {Hass} hass
 * @param {string} id
 * @param {string} text Nothing removes the note.
 */
export function writeNote(hass, id, text) {
  return ask(hass, { type: "vigilar/note", event_id: id, text });
}

/**
 * @param {Hass} hass
 * @param {string} id
 * @param {boolean} on
 */
export function protect(hass, id, on) {
  return ask(hass, { type: "vigilar/protect", event_id: id, protected: on });
}

/**
 * @param {Hass} hass
 * @param {TimelineEvent} event
 */
export function deleteEvent(hass, event) {
  const force = event.payload.protected ? { force: true } : {};
  return ask(hass, { type: "vigilar/event/delete", event_ids: [event.id], ...force });
}

/**
 * Have a bundle of the event made, and save it.
 *
 * @param {Hass} hass
 * @param {string} id
 */
export async function exportBundle(hass, id) {
  const { url } = await ask(hass, { type: "vigilar/export/event", event_id: id });
  await save(hass, url, "");
}

/**
 * Save what is at a path of Home Assistant.
 *
 * @param {Hass} hass
 * @param {string} path
 * @param {string} name Of the file; the server's own when empty.
 */
export async function save(hass, path, name) {
  const link = document.createElement("a");
  link.href = await signedUrl(hass, path);
  link.download = name;
  link.click();
}

/**
 * @param {TimelineEvent} event
 * @param {string} extension
 * @param {number} [part] From 0 on.
 * @returns {string} A name that sorts by camera and time.
 */
export function fileName(event, extension, part) {
  const time = new Date(event.ts).toISOString().slice(0, 19).replaceAll(":", "-");
  return `${event.source_id}_${time}${part === undefined ? "" : `_${part + 1}`}.${extension}`;
}

/**
 * Hand a link to the system's share sheet, or copy it.
 *
 * @param {string} title
 * @param {string} url
 * @returns {Promise<"shared" | "copied" | "failed">}
 */
export async function share(title, url) {
  // A desktop's share sheet is in the way of who wants a link to paste.
  if (navigator.share && matchMedia("(pointer: coarse)").matches) {
    try {
      await navigator.share({ title, url });
      return "shared";
    } catch (error) {
      if (/** @type {Error} */ (error).name === "AbortError") return "shared";
    }
  }
  return (await copy(url)) ? "copied" : "failed";
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS there is no clipboard, and many homes have none.
    return copyBySelection(text);
  }
}

/** @param {string} text */
function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
