/**
 * What a rule has computed by other threads of its host, and awaits: keys, digests, signatures. Which thread is the first
 * is chance, so each has its result in the order in which the rule asked. Until then the rule is given nothing else: its
 * clock stands still while it computes.
 */

import { computing } from "./rests.js";

const OF_SUBTLE = [
  "decapsulateBits decapsulateKey decrypt deriveBits deriveKey digest encapsulateBits encapsulateKey encrypt exportKey",
  "generateKey importKey sign unwrapKey verify wrapKey",
].join(" ").split(" ");
/** Of `node:crypto`; the last of what they are given is the callback. */
const OF_NODE = "generateKey generateKeyPair hkdf pbkdf2 scrypt".split(" ");
const PROMISIFIED = Symbol.for("nodejs.util.promisify.custom");

/** Change those of `crypto.subtle`. */
export function defineComputations() {
  const { prototype } = globalThis.SubtleCrypto;
  for (const name of OF_SUBTLE) {
    const compute = /** @type {any} */ (prototype)[name];
    if (compute === undefined) continue;
    /** @this {any} @param {any[]} given */
    const computed = function (...given) {
      return computing(compute.apply(this, given));
    };
    /** @type {any} */ (prototype)[name] = named(computed, name);
  }
}

/**
 * What is changed of `node:crypto` when it is first asked for.
 *
 * @param {any} module
 */
export function changeComputations(module) {
  for (const name of OF_NODE) {
    const compute = module[name];
    /** @param {any[]} given */
    const computed = (...given) => {
      const callback = given.at(-1);
      if (typeof callback !== "function") return compute(...given);
      /** @type {PromiseWithResolvers<any[]>} */
      const { promise, resolve } = Promise.withResolvers();
      compute(...given.slice(0, -1), (/** @type {any[]} */ ...found) => resolve(found));
      void computing(promise).then((found) => queueMicrotask(() => callback(...found))); // what it throws is nobody's here
    };
    const promisified = compute[PROMISIFIED];
    if (promisified) {
      Object.defineProperty(computed, PROMISIFIED, {
        value: (/** @type {any[]} */ ...given) => computing(promisified(...given)),
      });
    }
    module[name] = named(computed, name);
  }
}

/**
 * @param {Function} made
 * @param {string} name
 */
function named(made, name) {
  return Object.defineProperty(made, "name", { value: name, configurable: true });
}
