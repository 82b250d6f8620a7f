/**
 * What a rule can require and import: its packages, and Node's own modules.
 *
 * A package set brings its own table of who means which file by what, made when it was installed: nothing is searched
 * here, and nothing is read from a disk. A file is evaluated when it is first asked for. Node's modules are touched only
 * by rules that ask for one: Deno then loads its whole Node layer, and other rules need not wait for that.
 */

import { lineStream } from "./capture.js";
import { httpModule, isHttp } from "./http.js";
import { change, isChanged, PROCESS } from "./refused.js";

/** @import { PackageSet } from "./frames.d.ts" */
/** @typedef {{ exports: any, loaded: boolean, id: string }} Module */

const SCHEME = "package:";
const BUILTIN = "builtin:";
const REQUIRE = Symbol.for("rulemint.require");
const IMPORTS = /\bimport\b|\bfrom\s*["']/;

/** @type {PackageSet} */
let packages = { files: {}, data: {}, modules: [], links: {}, roots: {} };
/** @type {Map<string, Module>} */
const loaded = new Map();
/** The ES modules of the set, as far as they were imported. @type {Map<string, any>} */
const imported = new Map();

/**
 * Make `given` available to the rule whose text is `script`.
 *
 * @param {PackageSet | null} given
 * @param {string} script
 */
export async function definePackages(given, script) {
  defineProcess();
  if (given !== null) packages = given;
  const required = requiredModules(script);
  if (required.length > 0 || IMPORTS.test(script)) hookImports();
  for (const file of required) imported.set(file, await import(SCHEME + file));
}

/**
 * The ES modules that something asks for by `require`, which cannot wait: they are imported beforehand.
 *
 * @param {string} script
 */
function requiredModules(script) {
  const { links, roots, modules } = packages;
  if (modules.length === 0) return [];
  const files = Object.entries(roots).filter(([said]) => script.includes(said)).map(([, file]) => file);
  for (const [by, linked] of Object.entries(links)) {
    if (!isModule(by)) files.push(...Object.values(linked));
  }
  return [...new Set(files)].filter(isModule);
}

/** The rule's own `require`. */
export const requireFromRule = requireBy(
  (specifier) => packages.roots[specifier],
  (specifier) =>
    `require("${specifier}"): add it to the rule's dependencies, or name its version: "${specifier}@1.2.3"`,
);

/**
 * A `require` that finds files by *fileOf*, or by their paths as `require.resolve` tells them.
 *
 * @param {(specifier: string) => string | undefined} fileOf
 * @param {(specifier: string) => string} absence
 */
function requireBy(fileOf, absence) {
  const found = (/** @type {string} */ specifier) =>
    fileOf(specifier) ?? (Object.hasOwn(packages.files, specifier.slice(1)) ? specifier.slice(1) : undefined);
  const require = (/** @type {string} */ specifier) => {
    const file = found(specifier);
    if (file !== undefined) return evaluate(file).exports;
    const builtin = nodeModule(specifier);
    if (builtin !== undefined) return builtin;
    throw notFound(absence(specifier));
  };
  const resolve = (/** @type {string} */ specifier) => {
    const file = found(specifier);
    if (file !== undefined) return `/${file}`;
    if (nodeModule(specifier) !== undefined) return specifier;
    throw notFound(absence(specifier));
  };
  return Object.assign(require, { resolve, cache: {} });
}

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
 */
function defineProcess() {
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
        const http = httpModule(specifier, getBuiltinModule);
        if (http !== undefined) return http;
        const module = getBuiltinModule(specifier);
        if (module !== undefined) change(specifier, module, process.getBuiltinModule, requireFromRule);
        return module;
      };
      Object.defineProperty(process, "env", { value: {}, writable: true, configurable: true, enumerable: true });
      Object.assign(process, { cwd: () => "/", ...PROCESS });
      defineStreams(process);
      Object.assign(getBuiltinModule("node:os"), NO_MACHINE);
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
    ["stdin", ({ Readable }) => Readable.from([])],
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

/** What `os` says of a machine that nothing is known of. */
const NO_MACHINE = {
  cpus: () => [],
  freemem: () => 0,
  homedir: () => "/",
  hostname: () => "localhost",
  loadavg: () => [0, 0, 0],
  networkInterfaces: () => ({}),
  release: () => "",
  tmpdir: () => "/tmp",
  totalmem: () => 0,
  uptime: () => 0,
  userInfo: () => ({ uid: -1, gid: -1, username: "rule", homedir: "/", shell: null }),
  version: () => "",
};

/**
 * A file of the set, evaluated once.
 *
 * @param {string} file
 * @returns {Module}
 */
function evaluate(file) {
  const known = loaded.get(file);
  if (known !== undefined) return known;
  /** @type {Module} */
  const module = { exports: {}, loaded: false, id: file };
  loaded.set(file, module);
  try {
    if (isModule(file)) module.exports = exportsOfModule(file);
    else if (file.endsWith(".json")) module.exports = JSON.parse(packages.files[file]);
    else run(file, module);
  } catch (error) {
    loaded.delete(file);
    throw error;
  }
  module.loaded = true;
  return module;
}

/**
 * @param {string} file
 * @param {Module} module
 */
function run(file, module) {
  const require = requireFrom(file);
  const text = packages.files[file].replace(/^#!/, "//");
  const start = (0, eval)(
    `(function (exports, require, module, __filename, __dirname) {${text}\n})\n//# sourceURL=${file}`,
  );
  start.call(module.exports, module.exports, require, module, `/${file}`, `/${file.slice(0, file.lastIndexOf("/"))}`);
}

/**
 * The `require` of one file.
 *
 * @param {string} file
 */
function requireFrom(file) {
  const links = packages.links[file] ?? {};
  return requireBy(
    (specifier) => links[specifier],
    (specifier) => `Cannot find module '${specifier}', which ${file} requires`,
  );
}

/** @param {string} file */
function exportsOfModule(file) {
  const namespace = imported.get(file);
  if (namespace === undefined) throw new Error(`${file} is an ES module: import it`);
  return "module.exports" in namespace ? namespace["module.exports"] : namespace;
}

/** @param {string} file */
function isModule(file) {
  return packages.modules.includes(file);
}

/** From now on `import` finds what `require` finds. */
function hookImports() {
  Object.defineProperty(globalThis, REQUIRE, {
    value: (/** @type {string} */ url) =>
      url.startsWith(BUILTIN) ? nodeModule(url.slice(BUILTIN.length)) : evaluate(url.slice(SCHEME.length)).exports,
  });
  nodeModule("module").registerHooks({ resolve: resolveImport, load: loadImport });
}

/**
 * @param {string} specifier
 * @param {{ parentURL?: string }} context
 * @param {(specifier: string, context: object) => object} next
 */
function resolveImport(specifier, context, next) {
  const { parentURL } = context;
  const links = parentURL?.startsWith(SCHEME) ? packages.links[parentURL.slice(SCHEME.length)] : packages.roots;
  if (specifier.startsWith(SCHEME)) return { url: specifier, shortCircuit: true, format: "module" };
  const target = links?.[specifier];
  if (target !== undefined) return { url: SCHEME + target, shortCircuit: true, format: "module" };
  if (isHttp(specifier) || isChanged(specifier)) {
    return { url: BUILTIN + specifier, shortCircuit: true, format: "module" };
  }
  if (/^[a-z]+:|^[./]/.test(specifier)) return next(specifier, context);
  if (nodeModule(specifier) !== undefined) return next(`node:${specifier}`, context);
  throw notFound(`import "${specifier}": add it to the rule's dependencies`);
}

/**
 * @param {string} url
 * @param {object} context
 * @param {(url: string, context: object) => object} next
 */
function loadImport(url, context, next) {
  if (url.startsWith(SCHEME) && isModule(url.slice(SCHEME.length))) {
    return { format: "module", source: packages.files[url.slice(SCHEME.length)], shortCircuit: true };
  }
  if (!url.startsWith(SCHEME) && !url.startsWith(BUILTIN)) return next(url, context);
  return { format: "module", source: asModule(url), shortCircuit: true };
}

/**
 * The text of an ES module that exports what `require` gives.
 *
 * @param {string} url
 */
function asModule(url) {
  const exported = /** @type {any} */ (globalThis)[REQUIRE](url);
  const names = Object.keys(Object(exported)).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== "default");
  const renamed = names.map((name) => `${name}: _${name}`).join(", ");
  const lines = names.map((name) => `_${name} as ${name}`).join(", ");
  return `const exported = globalThis[Symbol.for("rulemint.require")](${JSON.stringify(url)});
export default exported${names.length ? `;\nconst { ${renamed} } = exported;\nexport { ${lines} }` : ""};\n`;
}

/** @param {string} message */
function notFound(message) {
  return Object.assign(new Error(message), { code: "MODULE_NOT_FOUND" });
}
