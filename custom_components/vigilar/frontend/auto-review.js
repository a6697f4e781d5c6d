// @ts-check

const KEY = "vigilar-auto-review";

/** @returns {boolean} Whether this browser's user has looked at an event by opening it. */
export function autoReview() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

/** @param {boolean} on */
export function setAutoReview(on) {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing keeps this neither.
  }
}
