/**
 * Make visible what rules, clients and logs may hide in a text: control characters, marks that turn the direction of
 * writing, and characters without a width. A person must see the text that is there, and not the one that it plays.
 */

/** @typedef {{ text: string } | { mark: string, name: string }} Piece */

const NAMES = new Map([
  [0x00, "NUL"],
  [0x07, "BEL"],
  [0x08, "BS"],
  [0x09, "TAB"],
  [0x0a, "LF"],
  [0x0d, "CR"],
  [0x1b, "ESC"],
  [0x7f, "DEL"],
  [0xad, "soft hyphen"],
  [0x61c, "Arabic letter mark"],
  [0x200b, "zero width space"],
  [0x200c, "zero width non-joiner"],
  [0x200d, "zero width joiner"],
  [0x200e, "left-to-right mark"],
  [0x200f, "right-to-left mark"],
  [0x2028, "line separator"],
  [0x2029, "paragraph separator"],
  [0x202a, "left-to-right embedding"],
  [0x202b, "right-to-left embedding"],
  [0x202c, "end of direction"],
  [0x202d, "left-to-right override"],
  [0x202e, "right-to-left override"],
  [0x2060, "word joiner"],
  [0x2066, "left-to-right isolate"],
  [0x2067, "right-to-left isolate"],
  [0x2068, "first strong isolate"],
  [0x2069, "end of isolate"],
  [0xfeff, "byte order mark"],
]);

/** Controls, format characters, separators of lines, lone surrogates, and places that no character is at. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0\ufff9-\ufffb]/u;
const JOINED = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u;
const EMOJI = /^\p{Extended_Pictographic}$/u;

/**
 * Split a text into what can be read and what hides.
 * @param {string} text
 * @param {{ lines?: boolean }} [options] `lines`: line breaks and tabs are what they are, as in a log line of many lines.
 * @returns {Piece[]}
 */
export function piecesOf(text, { lines = false } = {}) {
  /** @type {Piece[]} */
  const pieces = [];
  let readable = "";
  const characters = [...text];
  characters.forEach((character, index) => {
    if (!HIDDEN.test(character) || (lines && (character === "\n" || character === "\t"))) {
      readable += character;
      return;
    }
    if (character === "\u200d" && JOINED.test(characters[index - 1] ?? "") && EMOJI.test(characters[index + 1] ?? "")) {
      readable += character; // it joins two emoji to one, which a reader sees
      return;
    }
    if (readable) pieces.push({ text: readable });
    readable = "";
    pieces.push(markOf(character));
  });
  if (readable) pieces.push({ text: readable });
  return pieces;
}

/**
 * The same as one string, for places that take no elements: titles, labels, the clipboard of a bug report.
 * @param {string} text
 * @param {{ lines?: boolean }} [options]
 */
export function plainly(text, options) {
  return piecesOf(text, options).map((piece) => "text" in piece ? piece.text : `⟦${piece.mark}⟧`).join("");
}

/**
 * At most so many characters of a text, without half a pair at the end.
 * @param {string} text
 * @param {number} most
 */
export function shortened(text, most) {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** @param {string} character */
function markOf(character) {
  const code = character.codePointAt(0) ?? 0;
  const mark = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return { mark, name: NAMES.get(code) ?? "a character that cannot be seen" };
}
