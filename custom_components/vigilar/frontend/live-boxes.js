// @ts-check
/** @import { Connection, LiveBox, LiveMessage } from "./vigilar" */

/**
 * What moves before a camera at this moment, for as long as somebody looks.
 */
export class LiveBoxes {
  #connection;
  #sourceId;
  #onBoxes;
  #onFailure;

  /** @type {Promise<(() => Promise<void>) | undefined> | undefined} */
  #subscription;

  #started = false;

  /**
   * @param {object} options
   * @param {Connection} options.connection
   * @param {string} options.sourceId
   * @param {(boxes: LiveBox[]) => void} options.onBoxes
   * @param {() => void} options.onFailure The server does not tell of this camera.
   */
  constructor({ connection, sourceId, onBoxes, onFailure }) {
    this.#connection = connection;
    this.#sourceId = sourceId;
    this.#onBoxes = onBoxes;
    this.#onFailure = onFailure;
  }

  start() {
    if (this.#started) return;
    this.#started = true;
    this.#connection.addEventListener("ready", this.#subscribe);
    this.#connection.addEventListener("disconnected", this.#clear);
    this.#subscribe();
  }

  stop() {
    if (!this.#started) return;
    this.#started = false;
    this.#connection.removeEventListener("ready", this.#subscribe);
    this.#connection.removeEventListener("disconnected", this.#clear);
    this.#end();
    this.#clear();
  }

  // A frame that nobody moves any more would be a lie.
  #clear = () => this.#onBoxes([]);

  #subscribe = () => {
    this.#end();
    const subscription = this.#connection
      .subscribeMessage(
        /** @param {LiveMessage} message */
        (message) => {
          if (this.#subscription === subscription) this.#onBoxes(message.boxes);
        },
        { type: "vigilar/live/subscribe", source_id: this.#sourceId },
        { resubscribe: false },
      )
      .catch(() => {
        if (this.#subscription === subscription && this.#connection.connected !== false) this.#onFailure();
        return undefined;
      });
    this.#subscription = subscription;
  };

  #end() {
    // A subscription of a connection that is lost has ended with it.
    this.#subscription?.then((unsubscribe) => unsubscribe?.()).catch(() => {});
    this.#subscription = undefined;
  }
}
