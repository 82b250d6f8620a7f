/** The log of one run, bounded as the runner's, and without the rule's secrets. */

import { LOG_IS_FULL, MAX_LINE_CHARACTERS, MAX_LINES, MAX_LOG_BYTES } from "../contract/bounds.js";
import { spellingsOf } from "./masks.js";

/** @typedef {"debug" | "info" | "warn" | "error"} Level */

const MASK = "***";
const encoder = new TextEncoder();

export class Log {
  /** @type {{ level: Level, message: string }[]} */
  lines = [];
  /** A text in the words of the rule's author. @type {(text: string) => string} */
  inItsWords = (text) => text;
  #secrets;
  #room = MAX_LOG_BYTES;
  #isFull = false;

  /** @param {string[]} secrets */
  constructor(secrets) {
    this.#secrets = spellingsOf(secrets);
  }

  /** @param {string} text */
  masked(text) {
    return this.#secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  }

  /**
   * Take a line of the rule; the first that is too much is replaced by a mark.
   *
   * @param {Level} level
   * @param {string} text
   */
  write(level, text) {
    const own = text.length > MAX_LINE_CHARACTERS ? `${text.slice(0, MAX_LINE_CHARACTERS)}… [cut]` : text;
    if (this.#room >= 0 && this.lines.length < MAX_LINES) {
      const masked = this.masked(this.inItsWords(own.toWellFormed()));
      this.#room -= encoder.encode(masked).length;
      if (this.#room >= 0) return this.add(level, masked);
    }
    if (!this.#isFull) this.add("warn", LOG_IS_FULL);
    this.#isFull = true;
  }

  /**
   * Add a line about the rule.
   *
   * @param {Level} level
   * @param {string} message
   */
  add(level, message) {
    const isLong = message.length > MAX_LINE_CHARACTERS + 16;
    this.lines.push({ level, message: isLong ? `${message.slice(0, MAX_LINE_CHARACTERS)}… [cut]` : message });
  }
}
