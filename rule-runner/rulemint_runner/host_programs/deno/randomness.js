/** Every way by which JavaScript draws: what is merely pseudo-random comes of a seed, all else of the machine. */

import { repliesRead } from "./clock.js";
import { changeComputations } from "./computations.js";
import { drawInto, isTold, pseudoRandom } from "./draws.js";

const MAX_RANGE = 2 ** 48;
const HEX = [...Array(256).keys()].map((byte) => byte.toString(16).padStart(2, "0"));

/**
 * Change what draws in *realm*, the global object of a context.
 *
 * @param {any} realm
 */
export function defineRandomness(realm) {
  realm.Math.random = () => pseudoRandom();
  if (realm.Crypto === undefined) return;
  const { prototype } = realm.Crypto;
  const { getRandomValues, randomUUID } = prototype;
  Object.assign(prototype, {
    /** @param {any} array */
    getRandomValues(array) {
      const filled = getRandomValues.call(this, array); // which checks it, too
      if (isTold()) drawInto(bytesOf(filled), repliesRead());
      return filled;
    },
    randomUUID() {
      return isTold() ? uuid() : randomUUID.call(this);
    },
  });
}

/**
 * What is changed of `node:crypto` when it is first asked for; the rest of it draws by `getRandomValues`.
 *
 * @param {any} module
 */
export function changeCrypto(module) {
  changeComputations(module);
  const { randomFill, randomFillSync, randomInt, randomUUID } = module;
  Object.assign(module, {
    /** @param {any} buffer @param {any[]} part */
    randomFillSync(buffer, ...part) {
      const filled = randomFillSync(buffer, ...part);
      if (isTold()) drawInto(partOf(buffer, part), repliesRead());
      return filled;
    },
    /** @param {any} buffer @param {any[]} rest */
    randomFill(buffer, ...rest) {
      if (!isTold()) return randomFill(buffer, ...rest);
      const callback = rest.pop();
      randomFillSync(buffer, ...rest);
      drawInto(partOf(buffer, rest), repliesRead());
      queueMicrotask(() => callback(null, buffer));
    },
    /** @param {any[]} given */
    randomInt(...given) {
      if (!isTold()) return randomInt(...given);
      const callback = typeof given.at(-1) === "function" ? given.pop() : undefined;
      randomInt(...given); // which checks them
      const [from, to] = given.length > 1 ? given : [0, given[0]];
      const drawn = from + below(to - from);
      if (callback === undefined) return drawn;
      queueMicrotask(() => callback(undefined, drawn));
    },
    /** @param {any[]} given */
    randomUUID(...given) {
      return isTold() ? uuid() : randomUUID(...given);
    },
  });
}

/**
 * Less than *range*, each number as likely.
 *
 * @param {number} range
 */
function below(range) {
  const last = MAX_RANGE - MAX_RANGE % range;
  for (;;) {
    const drawn = drawnBytes(6).reduce((sum, byte) => sum * 256 + byte, 0);
    if (drawn < last) return drawn % range;
  }
}

function uuid() {
  const bytes = drawnBytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = [...bytes].map((byte) => HEX[byte]).join("");
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map(([from, to]) => text.slice(from, to)).join("-");
}

/** @param {number} count */
function drawnBytes(count) {
  const bytes = new Uint8Array(count);
  drawInto(bytes, repliesRead());
  return bytes;
}

/**
 * @param {ArrayBufferView | ArrayBuffer} array
 */
function bytesOf(array) {
  return ArrayBuffer.isView(array)
    ? new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    : new Uint8Array(array);
}

/**
 * What of *array* is filled from a place on, by so many of its elements.
 *
 * @param {any} array
 * @param {number[]} part
 */
function partOf(array, [from = 0, count]) {
  const size = array.BYTES_PER_ELEMENT ?? 1;
  const bytes = bytesOf(array);
  return bytes.subarray(from * size, count === undefined ? bytes.length : (from + count) * size);
}
