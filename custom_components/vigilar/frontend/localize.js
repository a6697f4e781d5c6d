// @ts-check
/** @import { Localize } from "./vigilar" */

const FALLBACK = "en";

/** The languages that have a file in translations/. */
export const LANGUAGES = [FALLBACK, "de", "es", "fr", "it", "nl", "pl", "pt"];

/** @type {Map<string, Promise<void>>} */
const loading = new Map();

/** @type {Map<string, Record<string, string>>} */
const texts = new Map();

/**
 * Fetch what a language needs: its own texts, when there are any, and the English ones.
 *
 * @param {string} language A BCP 47 tag.
 * @returns {Promise<void>} Rejects when a file cannot be fetched; calling again tries again.
 */
export async function loadTexts(language) {
  await Promise.all([FALLBACK, nearest(language)].map(load));
}

/**
 * @param {string} language A BCP 47 tag.
 * @returns {Localize} Looks a text up; a text that no language has reads as its key.
 */
export function localizer(language) {
  const table = nearest(language);
  return (key, values = {}) => {
    const text = texts.get(table)?.[key] ?? texts.get(FALLBACK)?.[key] ?? key;
    return text.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
  };
}

/**
 * Name something that newer servers or other sources may have invented.
 *
 * @param {Localize} localize
 * @param {string} group The first part of the key.
 * @param {string} name An identifier such as "camera_offline".
 * @returns {string} Its text, or the identifier made readable.
 */
export function nameOf(localize, group, name) {
  const key = `${group}.${name}`;
  const text = localize(key);
  if (text !== key) return text;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * @param {string} language
 * @returns {string} The language itself, else without its region, else English.
 */
function nearest(language) {
  const [base] = language.split("-");
  return [language, base].find((tag) => LANGUAGES.includes(tag)) ?? FALLBACK;
}

/** @param {string} language */
function load(language) {
  let pending = loading.get(language);
  if (!pending) {
    pending = fetchTexts(language);
    loading.set(language, pending);
    pending.catch(() => loading.delete(language));
  }
  return pending;
}

/** @param {string} language */
async function fetchTexts(language) {
  const response = await fetch(new URL(`./translations/${language}.json`, import.meta.url));
  if (!response.ok) throw new Error(`No texts for ${language}: ${response.status}`);
  texts.set(language, await response.json());
}
