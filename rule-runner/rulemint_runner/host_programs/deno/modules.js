/**
 * What a rule can require and import: its packages, and Node's own modules.
 *
 * A package set brings its own table of who means which file by what, made when it was installed: nothing is searched
 * here, and nothing is read from a disk. A file is evaluated when it is first asked for. Node's modules are touched only
 * by rules that ask for one: Deno then loads its whole Node layer, and other rules need not wait for that.
 */

import { MAIN, moduleAt } from "./module_object.js";
import { isChanged } from "./node_changes.js";
import { definePackageFiles } from "./package_files.js";
import { unpacked } from "./packed.js";
import { defineProcess, nodeModule } from "./process.js";

/** @import { PackageSet } from "./frames.d.ts" */
/** @import { Module } from "./module_object.js" */

/** Where a file of a package is, should it be CommonJS. */
const SCHEME = "package:";
/** And an ES module, as it sees it: many look for their own folder. Deno would read any other file of such a URL. */
const MODULES = "file:///packages/";
const BUILTIN = "builtin:";
const REQUIRE = Symbol.for("rulemint.require");
const DYNAMIC = /\bimport\s*\(/;
/** An address of code that Deno would fetch. */
const FROM_ELSEWHERE = /^(?:https?|jsr|npm):/;
const IMPORTS = /\bimport\b|\bfrom\s*["']/;

/** @type {PackageSet} */
let packages = { files: {}, data: {}, modules: [], links: {}, roots: {}, duals: [] };
/** Its ES modules, and those that are one and CommonJS too. */
let modules = new Set();
let duals = new Set();
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
  defineProcess(requireFromRule);
  if (given !== null) {
    packages = given.packed ? unpacked(given, nodeModule("node:zlib")) : given;
    modules = new Set(given.modules);
    duals = new Set(given.duals);
    definePackageFiles(packages);
  }
  const required = requiredModules(script);
  if (required.length > 0 || IMPORTS.test(script)) hookImports();
  for (const file of required) imported.set(file, await import(MODULES + file));
}

/**
 * The ES modules that something asks for by `require`, which cannot wait: they are imported beforehand.
 *
 * @param {string} script
 */
function requiredModules(script) {
  const { links, roots } = packages;
  if (modules.size === 0) return [];
  const files = Object.entries(roots).filter(([said]) => script.includes(said)).map(([, file]) => file);
  for (const [by, linked] of Object.entries(links)) {
    if (!isModule(by)) files.push(...Object.values(linked));
  }
  return [...new Set(files)].filter(isModule);
}

/** The rule's own `require`. */
export const requireFromRule = requireBy(
  (specifier) => packages.roots[specifier],
  absenceOf,
);

/** @param {string} specifier */
function absenceOf(specifier) {
  const asked = `require("${specifier}")`;
  if (FROM_ELSEWHERE.test(specifier)) {
    return `${asked}: a rule loads no code from an address; add the package to its dependencies, and name that`;
  }
  if (/^(?:[./]|file:)/.test(specifier)) {
    return `${asked}: a rule is one file; bundle yours into one: npx esbuild rule.js --bundle --platform=node --outfile=bundle.js`;
  }
  return `${asked}: add it to the rule's dependencies, or name its version: "${specifier}@1.2.3"`;
}

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
  Object.assign(resolve, { paths: () => [] });
  return Object.assign(require, { resolve, cache: {}, extensions: {}, main: MAIN });
}

/**
 * A file of the set, evaluated once.
 *
 * @param {string} file
 * @returns {Module}
 */
function evaluate(file) {
  const known = loaded.get(file);
  if (known !== undefined) return known;
  const module = moduleAt(`/${file}`, MAIN);
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
  if (!file.endsWith(".json")) packages.files[file] = ""; // nobody asks for it again, and the engine keeps its own
  return module;
}

/**
 * @param {string} file
 * @param {Module} module
 */
function run(file, module) {
  const require = module.require = requireFrom(file);
  const start = functionOf(packages.files[file].replace(/^#!/, "//"), file);
  start.call(module.exports, module.exports, require, module, module.filename, module.path);
}

/**
 * The function of a file. If it imports something while it runs, that is looked for where the file is. A text may have
 * megabytes, so that it is put together once.
 *
 * @param {string} text
 * @param {string} file
 */
function functionOf(text, file) {
  const before = "(function (exports, require, module, __filename, __dirname) {";
  if (!DYNAMIC.test(text)) return (0, eval)(`${before}${text}\n})\n//# sourceURL=${file}`);
  hookImports();
  const vm = nodeModule("node:vm");
  const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const script = new vm.Script(`${before}${text}\n})`, { filename: SCHEME + file, importModuleDynamically });
  return script.runInThisContext();
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
  return modules.has(file);
}

/** From now on `import` finds what `require` finds. */
function hookImports() {
  if (Object.hasOwn(globalThis, REQUIRE)) return;
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
  const parent = fileAt(context.parentURL ?? "");
  const links = parent === undefined ? packages.roots : packages.links[parent];
  const target = links?.[specifier] ?? fileAt(specifier);
  if (target !== undefined) return { url: urlOf(target), shortCircuit: true, format: "module" };
  if (isChanged(specifier)) {
    return { url: BUILTIN + specifier, shortCircuit: true, format: "module" };
  }
  if (isOfTheHost(specifier, context.parentURL ?? "")) return next(specifier, context);
  if (/^[./]/.test(specifier) || FROM_ELSEWHERE.test(specifier)) {
    throw notFound(absenceOf(specifier).replace("require", "import"));
  }
  if (/^[a-z]+:/.test(specifier)) return next(specifier, context);
  if (nodeModule(specifier) !== undefined) return next(`node:${specifier}`, context);
  throw notFound(`import "${specifier}": add it to the rule's dependencies`);
}

/**
 * Whether a file of this host imports another. What a rule in CommonJS imports seems to come of the file that evaluates it.
 *
 * @param {string} specifier
 * @param {string} parentURL
 */
function isOfTheHost(specifier, parentURL) {
  return parentURL.startsWith("file:") && specifier.startsWith("./") && !parentURL.endsWith("/common_js.js");
}

/** @param {string} file */
function urlOf(file) {
  return (isModule(file) ? MODULES : SCHEME) + file;
}

/**
 * The file of the set that is at *url*; undefined if there is none.
 *
 * @param {string} url
 */
function fileAt(url) {
  const prefix = [SCHEME, MODULES].find((each) => url.startsWith(each));
  return prefix === undefined ? undefined : url.slice(prefix.length);
}

/**
 * @param {string} url
 * @param {object} context
 * @param {(url: string, context: object) => object} next
 */
function loadImport(url, context, next) {
  const file = fileAt(url);
  if (file !== undefined && isModule(file)) {
    return { format: "module", source: packages.files[file], shortCircuit: true };
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
  const isDual = duals.has(url.slice(SCHEME.length)) && exported?.__esModule === true && "default" in exported;
  const names = Object.keys(Object(exported)).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== "default");
  const renamed = names.map((name) => `${name}: _${name}`).join(", ");
  const lines = names.map((name) => `_${name} as ${name}`).join(", ");
  return `const exported = globalThis[Symbol.for("rulemint.require")](${JSON.stringify(url)});
export default exported${isDual ? ".default" : ""}${
    names.length ? `;\nconst { ${renamed} } = exported;\nexport { ${lines} }` : ""
  };\n`;
}

/** @param {string} message */
function notFound(message) {
  return Object.assign(new Error(message), { code: "MODULE_NOT_FOUND" });
}
