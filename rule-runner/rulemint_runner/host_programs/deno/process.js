/** Node's `process`, and through it Node's own modules, as a rule sees them. */

import { lineStream } from "./capture.js";
import { MAIN, MAIN_FILE } from "./module_object.js";
import { NO_MACHINE, priorityOr, PROCESS, umaskOr, usageOr } from "./machine.js";
import { change, REFUSED_OF_PROCESS } from "./node_changes.js";

/**
 * One of Node's own modules, or undefined.
 *
 * @param {string} specifier
 */
export function nodeModule(specifier) {
  return /** @type {any} */ (globalThis).process.getBuiltinModule(specifier);
}

/**
 * Change Node when a rule first touches it: our `http`, and no error where libraries only look around. A host has no
 * environment and may ask nothing of its machine.
 *
 * @param {(specifier: string) => any} requireFromRule
 */
export function defineProcess(requireFromRule) {
  const lazy = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(globalThis, "process"));
  const define = (/** @type {unknown} */ value) =>
    Object.defineProperty(globalThis, "process", { value, writable: true, enumerable: false, configurable: true });
  Object.defineProperty(globalThis, "process", {
    configurable: true,
    set: define,
    get() {
      const process = lazy.get ? lazy.get.call(globalThis) : lazy.value;
      define(process);
      const getBuiltinModule = process.getBuiltinModule.bind(process);
      process.getBuiltinModule = (/** @type {string} */ specifier) => {
        const module = getBuiltinModule(specifier);
        if (module !== undefined) change(specifier, module, process.getBuiltinModule, requireFromRule);
        return module;
      };
      Object.defineProperty(process, "env", { value: {}, writable: true, configurable: true, enumerable: true });
      const umask = umaskOr(process.umask);
      Object.assign(process, {
        ...PROCESS,
        ...REFUSED_OF_PROCESS,
        umask,
        resourceUsage: usageOr(process.resourceUsage.bind(process)),
        _rawDebug: (/** @type {unknown[]} */ ...said) => globalThis.console.error(...said),
        execPath: "/node",
        argv: ["/node", MAIN_FILE],
        argv0: "node",
        mainModule: MAIN,
      });
      defineStreams(process);
      const os = getBuiltinModule("node:os");
      Object.assign(os, NO_MACHINE, { getPriority: priorityOr(os.getPriority) });
      return process;
    },
  });
}

/**
 * The streams of `process`, made when they are first touched: the host's own are its channel to the runner. What a rule
 * writes are lines of its log, and there is nothing to read.
 *
 * @param {any} process
 */
function defineStreams(process) {
  /** @type {[string, (stream: any) => unknown][]} */
  const streams = [
    ["stdin", ({ Readable }) => Object.assign(Readable.from([]), { fd: 0 })],
    ["stdout", ({ Writable }) => lineStream("info", Writable)],
    ["stderr", ({ Writable }) => lineStream("error", Writable)],
  ];
  for (const [name, make] of streams) {
    Object.defineProperty(process, name, {
      configurable: true,
      get() {
        const value = make(nodeModule("node:stream"));
        Object.defineProperty(process, name, { value, configurable: true });
        return value;
      },
    });
  }
}
