// @ts-check

/** What is taken for the height of a row until one of its kind has been seen, in pixels. */
const FIRST_GUESS = 60;

/**
 * Which rows of a long list are in sight. Rows have the height they were seen
 * to have, others that of the last one of their kind.
 */
export class VirtualWindow {
  /** @type {readonly {key: string, kind: string}[]} */
  #items = [];

  /** @type {Map<string, number>} */
  #indices = new Map();

  /** @type {Map<string, number>} */
  #seen = new Map();

  /** @type {Map<string, number>} */
  #ofKind = new Map();

  /** Where each row begins, and the end of the last. */
  #offsets = new Float64Array(1);

  /** @param {readonly {key: string, kind: string}[]} items From top to bottom, each key once. */
  setItems(items) {
    this.#items = items;
    this.#indices = new Map(items.map(({ key }, index) => [key, index]));
    // Rows that have left are seen anew when they come back.
    if (this.#seen.size > 2 * items.length + 100) {
      this.#seen = new Map([...this.#seen].filter(([key]) => this.#indices.has(key)));
    }
    this.#layOut();
  }

  /** Forget all heights: the rows look different now. */
  forget() {
    this.#seen.clear();
    this.#ofKind.clear();
    this.#layOut();
  }

  /**
   * @param {Iterable<[key: string, height: number]>} heights As seen, in pixels.
   * @returns {boolean} Whether any differs from what was taken for it.
   */
  measure(heights) {
    let differs = false;
    for (const [key, height] of heights) {
      const index = this.#indices.get(key);
      if (index === undefined || !height) continue;
      differs ||= Math.abs(this.offset(index + 1) - this.offset(index) - height) > 0.1;
      this.#seen.set(key, height);
      this.#ofKind.set(/** @type {{kind: string}} */ (this.#items[index]).kind, height);
    }
    if (differs) this.#layOut();
    return differs;
  }

  /** The height of all rows, in pixels. */
  get total() {
    return this.offset(this.#items.length);
  }

  /**
   * @param {number} index
   * @returns {number} Where a row begins, in pixels from the first.
   */
  offset(index) {
    return this.#offsets[index] ?? 0;
  }

  /**
   * @param {string} key
   * @returns {number | undefined}
   */
  indexOf(key) {
    return this.#indices.get(key);
  }

  /**
   * @param {number} y Pixels from the beginning of the first row.
   * @returns {number} The row there, the nearest one outside the list, 0 without any.
   */
  indexAt(y) {
    let low = 0;
    let high = this.#items.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.offset(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * @param {number} top Pixels scrolled.
   * @param {number} height Pixels in sight.
   * @param {number} margin Pixels beyond either edge to have at hand.
   * @returns {{first: number, end: number}} The rows to draw, `end` excluded.
   */
  range(top, height, margin) {
    if (!this.#items.length) return { first: 0, end: 0 };
    return { first: this.indexAt(top - margin), end: this.indexAt(top + height + margin) + 1 };
  }

  #layOut() {
    const offsets = new Float64Array(this.#items.length + 1);
    this.#items.forEach(({ key, kind }, index) => {
      const height = this.#seen.get(key) ?? this.#ofKind.get(kind) ?? FIRST_GUESS;
      offsets[index + 1] = /** @type {number} */ (offsets[index]) + height;
    });
    this.#offsets = offsets;
  }
}
