/** The parts of a rule's text that did not run, by V8's block coverage. */

import { source } from "./source.js";

/** @import { Span } from "./frames.d.ts" */
/** @typedef {{ startOffset: number, endOffset: number, count: number }} Range */

const COMMENT = /^\s*(?:\/\/|\/?\*)/;

/** Of one evaluated text. */
export class NotRun {
  /** The outermost ranges that did not run. @type {Range[]} */
  #ranges;
  #text;
  /** The offset at which each line begins. @type {number[]} */
  #starts;

  /**
   * @param {string} text
   * @param {{ ranges: Range[] }[]} functions
   */
  constructor(text, functions) {
    this.#text = text;
    this.#starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
    const all = functions.flatMap(({ ranges }) => ranges).sort((a, b) =>
      a.startOffset - b.startOffset || b.endOffset - a.endOffset
    );
    this.#ranges = [];
    let end = 0;
    for (const range of all) {
      if (range.count > 0 || range.startOffset < end) continue;
      this.#ranges.push(range);
      end = range.endOffset;
    }
  }

  /** Their lines, each with the line that decided that they do not run. @returns {Span[]} */
  spans() {
    const spans = [];
    for (const { startOffset, endOffset } of this.#ranges) {
      const inner = this.#text.slice(startOffset, endOffset);
      const before = inner.match(/^\s*(?:else\b\s*)?\{?\s*/)?.[0].length ?? 0;
      const after = inner.match(/[\s}]*$/)?.[0].length ?? 0;
      if (before + after >= inner.length) continue;
      const decided = startOffset + (inner.match(/^\s*/)?.[0].length ?? 0);
      spans.push({
        first: this.#lineAt(startOffset + before),
        last: this.#lineAt(endOffset - after - 1),
        of: this.#lineAt(decided),
      });
    }
    return spans;
  }

  /**
   * The last line that names *name* and ran; 0 if there is none.
   *
   * @param {string} name
   */
  lineNaming(name) {
    const word = new RegExp(`(?<![\\w$])${RegExp.escape(name)}(?![\\w$])`, "g");
    const found = [...this.#text.matchAll(word)].findLast(({ index }) => this.#ran(index) && !this.#isComment(index));
    return found === undefined ? 0 : this.#lineAt(found.index);
  }

  /** @param {number} offset */
  #ran(offset) {
    return !this.#ranges.some(({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset);
  }

  /** @param {number} offset */
  #isComment(offset) {
    const start = this.#text.lastIndexOf("\n", offset) + 1;
    return COMMENT.test(this.#text.slice(start, offset + 1));
  }

  /** The line of the author's text. @param {number} offset */
  #lineAt(offset) {
    const line = this.#starts.findLastIndex((start) => start <= offset) + 1;
    const place = { line, column: offset - this.#starts[line - 1] + 1 };
    return (source.original?.(place) ?? place).line;
  }
}
