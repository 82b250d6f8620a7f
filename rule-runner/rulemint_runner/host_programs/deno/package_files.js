/** Files of the rule's packages, as `fs` sees them: from memory, and only to be read. */

/** @import { PackageSet } from "./frames.d.ts" */
/** @typedef {(...args: any[]) => any} AnyFunction */

const FILE = 0o100444;
const FOLDER = 0o040555;
/** What the host loads, and lets go of then. */
const CODE = /\.(?:js|cjs|mjs)$/;
const LOADED = "the code of a package is loaded, and its text cannot be read: require it, or import it";
const PROMISIFIED = Symbol.for("nodejs.util.promisify.custom");
/** Where ES modules see themselves; those of CommonJS see themselves below the root. */
const MODULES = "/packages/";

/** @type {PackageSet["files"]} */
let texts = {};
/** @type {PackageSet["data"]} */
let data = {};
/** Folder → what is in it, and whether that is a folder. @type {Map<string, Map<string, boolean>> | null} */
let folders = null;

/** @param {PackageSet} packages */
export function definePackageFiles(packages) {
  texts = packages.files;
  data = packages.data;
  folders = null;
}

/**
 * Have what reads of *fs* read files of packages too.
 *
 * @param {any} fs
 */
export function showPackageFiles(fs) {
  /** What answers at once, by its name, and what calls back or promises by the same name without `Sync`. */
  const answers = {
    existsSync: (/** @type {string} */ path) => isThere(path) || undefined,
    accessSync: (/** @type {string} */ path, mode = 0) =>
      mode & fs.constants.W_OK || !isThere(path) ? undefined : NOTHING,
    statSync: (/** @type {string} */ path) => statOf(path, fs),
    lstatSync: (/** @type {string} */ path) => statOf(path, fs),
    realpathSync: (/** @type {string} */ path) => isThere(path) ? path : undefined,
    readFileSync: contentOf,
    readdirSync: (/** @type {string} */ path, /** @type {any} */ options) => namesIn(path, options, fs),
  };
  for (const [name, answer] of Object.entries(answers)) {
    const short = name.slice(0, -"Sync".length);
    fs[name] = orElse(fs[name], answer);
    if (short !== "exists") fs[short] = calledBack(fs[short], answer);
    if (short in fs.promises) fs.promises[short] = promised(fs.promises[short], answer);
  }
  fs.exists = existsBy(fs.existsSync);
  const { createReadStream } = fs;
  fs.createReadStream = orElse(createReadStream, (path, options) => {
    const content = contentOf(path, options);
    if (content === undefined) return undefined;
    return globalThis.process.getBuiltinModule("node:stream").Readable.from(content.length > 0 ? [content] : []);
  });
}

/** The answer of a function that has none. */
const NOTHING = Symbol("nothing");

/**
 * *given*, but for files of packages, of which *answer* tells.
 *
 * @param {AnyFunction} given
 * @param {AnyFunction} answer
 * @returns {AnyFunction}
 */
function orElse(given, answer) {
  return (path, ...rest) => {
    const name = pathOf(path);
    const found = name === null ? undefined : answer(name, ...rest);
    if (found === undefined) return given(path, ...rest);
    return found === NOTHING ? undefined : found;
  };
}

/**
 * The same of a function that calls back.
 *
 * @param {AnyFunction} given
 * @param {AnyFunction} answer
 * @returns {AnyFunction}
 */
function calledBack(given, answer) {
  return (path, ...rest) => {
    const name = pathOf(path);
    const done = rest.at(-1);
    if (name === null || typeof done !== "function") return given(path, ...rest);
    let found;
    try {
      found = answer(name, ...rest.slice(0, -1));
    } catch (error) {
      return globalThis.process.nextTick(done, error);
    }
    if (found === undefined) return given(path, ...rest);
    globalThis.process.nextTick(done, null, ...(found === NOTHING ? [] : [found]));
  };
}

/**
 * The same of a function that promises.
 *
 * @param {AnyFunction} given
 * @param {AnyFunction} answer
 * @returns {AnyFunction}
 */
function promised(given, answer) {
  const either = orElse(given, answer);
  return async (...args) => await either(...args);
}

/**
 * `fs.exists`, whose callback gets no error.
 *
 * @param {(path: any) => boolean} existsSync
 */
function existsBy(existsSync) {
  const exists = (/** @type {unknown} */ path, /** @type {(is: boolean) => void} */ done) => {
    globalThis.process.nextTick(done, existsSync(path));
  };
  const promised = (/** @type {unknown} */ path) => Promise.resolve(existsSync(path));
  return Object.defineProperty(exists, PROMISIFIED, { value: promised });
}

/**
 * *path* without what leads elsewhere, if it may be one of a package; else null.
 *
 * @param {unknown} path
 * @returns {string | null}
 */
function pathOf(path) {
  const text = path instanceof URL && path.protocol === "file:"
    ? decodeURIComponent(path.pathname)
    : globalThis.Buffer.isBuffer(path)
    ? path.toString()
    : path;
  if (typeof text !== "string" || text.includes("\0")) return null;
  const full = globalThis.process.getBuiltinModule("node:path").posix.resolve("/", text);
  return full.length > 1 ? full : null;
}

/**
 * What the package set calls the file or folder at *path*.
 *
 * @param {string} path
 */
function nameOf(path) {
  return path.startsWith(MODULES) ? path.slice(MODULES.length) : path.slice(1);
}

/** @param {string} path */
function isThere(path) {
  return isFile(nameOf(path)) || foldersOf().has(nameOf(path));
}

/** @param {string} name */
function isFile(name) {
  return Object.hasOwn(data, name) || Object.hasOwn(texts, name);
}

/**
 * The content of a file, as a text if *options* name an encoding.
 *
 * @param {string} path
 * @param {any} [options]
 */
function contentOf(path, options) {
  const name = nameOf(path);
  if (!isFile(name)) return undefined;
  if (!Object.hasOwn(data, name) && CODE.test(name)) {
    throw Object.assign(new Error(`EACCES: permission denied, ${path}: ${LOADED}`), { code: "EACCES", path });
  }
  const { Buffer } = globalThis;
  const content = Object.hasOwn(data, name) ? Buffer.from(data[name], "base64") : Buffer.from(texts[name]);
  const encoding = typeof options === "string" ? options : options?.encoding;
  return encoding ? content.toString(encoding) : content;
}

/**
 * @param {string} path
 * @param {any} fs
 */
function statOf(path, fs) {
  if (!isThere(path)) return undefined;
  const name = nameOf(path);
  const isOne = isFile(name);
  const isCode = isOne && !Object.hasOwn(data, name) && CODE.test(name);
  const size = !isOne ? 0 : isCode ? texts[name].length : contentOf(path)?.length ?? 0;
  const time = new Date(0);
  return Object.assign(Object.create(fs.Stats?.prototype ?? null), {
    ...{ dev: 0, ino: 0, mode: isOne ? FILE : FOLDER, nlink: 1, uid: 0, gid: 0, rdev: 0, size, blksize: 4096 },
    ...{ blocks: Math.ceil(size / 512), atimeMs: 0, mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0 },
    ...{ atime: time, mtime: time, ctime: time, birthtime: time },
    ...kindOf(!isOne),
  });
}

/**
 * What an entry is, as the methods of one tell.
 *
 * @param {boolean} isFolder
 */
function kindOf(isFolder) {
  const no = ["BlockDevice", "CharacterDevice", "FIFO", "Socket", "SymbolicLink"].map((
    kind,
  ) => [`is${kind}`, () => false]);
  return { isFile: () => !isFolder, isDirectory: () => isFolder, ...Object.fromEntries(no) };
}

/**
 * @param {string} path
 * @param {any} options
 * @param {any} fs
 */
function namesIn(path, options, fs) {
  const found = foldersOf().get(nameOf(path));
  if (found === undefined) return undefined;
  const entries = [...found].sort(([one], [other]) => one < other ? -1 : 1);
  if (!options?.withFileTypes) return entries.map(([name]) => name);
  return entries.map(([name, isFolder]) =>
    Object.assign(Object.create(fs.Dirent?.prototype ?? null), {
      ...{ name, parentPath: path, path },
      ...kindOf(isFolder),
    })
  );
}

function foldersOf() {
  if (folders !== null) return folders;
  folders = new Map();
  for (const file of [...Object.keys(texts), ...Object.keys(data)]) {
    const parts = file.split("/");
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join("/");
      const names = folders.get(folder) ?? new Map();
      names.set(parts[depth], depth < parts.length - 1);
      folders.set(folder, names);
    }
  }
  return folders;
}
