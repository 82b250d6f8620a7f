/** A packed set of packages: a file is inflated when somebody asks for it, because a rule uses few files of a large set. */

/** @import { PackageSet } from "./frames.d.ts" */

/**
 * *packages* with contents as in a set that is not packed.
 *
 * @param {PackageSet} packages
 * @param {{ inflateSync(content: Uint8Array): any }} zlib
 * @returns {PackageSet}
 */
export function unpacked(packages, zlib) {
  const { Buffer } = globalThis;
  const inflated = (/** @type {string} */ content) => zlib.inflateSync(Buffer.from(content, "base64"));
  return {
    ...packages,
    files: read(packages.files, (content) => inflated(content).toString()),
    data: read(packages.data, (content) => inflated(content).toString("base64")),
  };
}

/**
 * *contents*, each of which *open* gives when it is read.
 *
 * @param {Record<string, string>} contents
 * @param {(content: string) => string} open
 */
function read(contents, open) {
  /** @type {Record<string, string>} */
  const opened = {};
  for (const name of Object.keys(contents)) {
    Object.defineProperty(opened, name, {
      configurable: true,
      enumerable: true,
      get: () => open(contents[name]),
      set(value) {
        delete contents[name];
        Object.defineProperty(opened, name, { value, writable: true, enumerable: true, configurable: true });
      },
    });
  }
  return opened;
}
