/** `fs` where only packages have files: there are no others, and what is written to the standard streams is the log. */

import { writeLine } from "./capture.js";
import { showPackageFiles } from "./package_files.js";

/** @import { Level } from "./frames.d.ts" */
/** @typedef {(...args: any[]) => any} AnyFunction */

/** @type {Record<number | string, Level>} */
const STREAMS = { 1: "info", 2: "error", "/dev/stdout": "info", "/dev/stderr": "error" };
const INPUT = 0;

/**
 * Change what of *fs* would throw where Node answers.
 *
 * @param {any} fs
 */
export function changeFiles(fs) {
  fs.existsSync = () => false;
  for (const name of ["statSync", "lstatSync"]) fs[name] = orNothing(fs[name]);
  for (const name of ["write", "writev", "fsync", "fdatasync", "close"]) fs[name] = calledBack(fs[name]);
  for (const name of ["readSync", "readvSync"]) fs[name] = nothingRead(fs[name], () => 0);
  for (const name of ["read", "readv"]) fs[name] = nothingReadLater(fs[name]);
  const noContent = fs.readFileSync = nothingRead(fs.readFileSync, contentOf);
  fs.readFile = wholeReadLater(fs.readFile, noContent);
  for (const name of ["writeSync", "writevSync"]) fs[name] = atOnce(fs[name], written);
  for (const name of ["writeFile", "appendFile"]) {
    const whole = fs[`${name}Sync`] = atOnce(fs[`${name}Sync`], (descriptor, data) => void written(descriptor, data));
    fs[name] = wholeCalledBack(fs[name], whole);
  }
  for (const name of ["fsyncSync", "fdatasyncSync", "closeSync"]) fs[name] = atOnce(fs[name], () => undefined);
  showPackageFiles(fs);
}

/**
 * *stat*, which need not throw where nothing is.
 *
 * @param {AnyFunction} stat
 * @returns {AnyFunction}
 */
function orNothing(stat) {
  return (path, options) => {
    try {
      return stat(path, options);
    } catch (error) {
      if (options?.throwIfNoEntry === false) return undefined;
      throw error;
    }
  };
}

/**
 * *read*, but for the standard input, at whose end a rule is.
 *
 * @param {AnyFunction} read
 * @param {AnyFunction} nothing
 * @returns {AnyFunction}
 */
function nothingRead(read, nothing) {
  return (descriptor, ...rest) => descriptor === INPUT ? nothing(...rest) : read(descriptor, ...rest);
}

/**
 * The same of a function that calls back.
 *
 * @param {AnyFunction} read
 * @returns {AnyFunction}
 */
function nothingReadLater(read) {
  return (descriptor, ...rest) => {
    if (descriptor !== INPUT) return read(descriptor, ...rest);
    globalThis.process.nextTick(rest.at(-1), null, 0, rest[0]?.buffer ?? rest[0]);
  };
}

/**
 * *read* of a whole file, which calls back; of the standard input by *noContent*.
 *
 * @param {AnyFunction} read
 * @param {AnyFunction} noContent
 * @returns {AnyFunction}
 */
function wholeReadLater(read, noContent) {
  return (descriptor, ...rest) => {
    if (descriptor !== INPUT) return read(descriptor, ...rest);
    globalThis.process.nextTick(rest.at(-1), null, noContent(descriptor, rest.length > 1 ? rest[0] : undefined));
  };
}

/**
 * No content, as a text if *options* name an encoding.
 *
 * @param {any} options
 */
function contentOf(options) {
  const encoding = typeof options === "string" ? options : options?.encoding;
  return encoding ? "" : globalThis.Buffer.alloc(0);
}

/**
 * *refuse*, but for the standard streams.
 *
 * @param {AnyFunction} refuse
 * @param {AnyFunction} act
 * @returns {AnyFunction}
 */
function atOnce(refuse, act) {
  return (descriptor, ...rest) => descriptor in STREAMS ? act(descriptor, ...rest) : refuse(descriptor, ...rest);
}

/**
 * The same of a function that calls back.
 *
 * @param {AnyFunction} refuse
 * @returns {AnyFunction}
 */
function calledBack(refuse) {
  return (descriptor, ...rest) => {
    if (!(descriptor in STREAMS)) return refuse(descriptor, ...rest);
    const done = rest.pop();
    const [data] = rest;
    const count = data === undefined ? undefined : written(descriptor, ...rest);
    if (typeof done === "function") globalThis.process.nextTick(done, null, count, data);
  };
}

/**
 * *write*, which writes a whole file, for the standard streams by *whole*.
 *
 * @param {AnyFunction} write
 * @param {AnyFunction} whole
 * @returns {AnyFunction}
 */
function wholeCalledBack(write, whole) {
  return (descriptor, ...rest) => {
    if (!(descriptor in STREAMS)) return write(descriptor, ...rest);
    whole(descriptor, ...rest);
    globalThis.process.nextTick(rest.at(-1), null);
  };
}

/**
 * Log *data*, as `fs.write` takes it: a text, bytes with their place, or a list of them; returns how many bytes it has.
 *
 * @type {AnyFunction}
 */
function written(descriptor, data, offset, length) {
  const { Buffer } = globalThis;
  const place = typeof offset === "object" && offset !== null ? offset : { offset, length };
  const start = place.offset ?? 0;
  const bytes = Array.isArray(data)
    ? Buffer.concat(data)
    : typeof data === "string"
    ? Buffer.from(data)
    : Buffer.from(data.buffer, data.byteOffset + start, place.length ?? data.byteLength - start);
  writeLine(STREAMS[descriptor], bytes.toString().trimEnd());
  return bytes.length;
}
