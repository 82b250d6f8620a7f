/**
 * What of a rule ran, and where it set what. Only a host that explains does this: it needs V8's inspector, which hosts that
 * serve may not have.
 */

import { NotRun } from "./not_run.js";
import { REFUSED } from "./refused.js";
import { source, withFileName } from "./source.js";
import { hearTraces } from "./traces.js";
import { keptAlive } from "./turns.js";

/** @import { Answer, TracedFrame, Write } from "./frames.d.ts" */
/** @import { Deed } from "./traces.js" */

const MAX_SPANS = 500;
const MAX_WRITES = 300;
const MAX_TEXT = 256;
const { defineProperty } = Object;
const { parse, stringify } = JSON;
const StackError = Error;
/** A look by `in` for a property, which would find what watches. That of `for` looks for none. */
const LOOKS = /["'`\w$\])]\s+in\s+[\w$.]+\s*[)&|?:;,]/;
const LOOPS = /\bfor\s*\([^()]*?\bin\b/g;

/** @type {(method: string, params?: object) => Promise<any>} */
let post;
/** @type {Write[]} */
const writes = [];
let answeredAt = 0;
let isCut = false;

/**
 * Watch from now on the rule of *script*; *names* are those of claims, whose assignments are to be seen.
 *
 * @param {string[]} names
 * @param {string} script
 */
export async function startTracing(names, script) {
  const { Session } = globalThis.process.getBuiltinModule("node:inspector");
  const session = new Session();
  session.connect();
  Session.prototype.connect = Session.prototype.connectToMainThread = refused;
  hidePermission();
  post = (method, params) =>
    new Promise((resolve, reject) => {
      session.post(method, params, (/** @type {any} */ error, /** @type {any} */ result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
  await post("Profiler.enable");
  await post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  await post("Debugger.enable");
  hearTraces(hear);
  if (LOOKS.test(script.replace(LOOPS, ""))) return;
  for (const name of [...names, "scope"]) watchAssignments(name);
}

/**
 * What was seen of the run that has this *answer*.
 *
 * @param {number} n
 * @param {Answer} answer
 * @returns {Promise<TracedFrame>}
 */
export async function traced(n, answer) {
  const letGo = keptAlive();
  const notRun = await coverage();
  letGo();
  const spans = notRun.spans();
  const found = answer.t === "returned" ? writesOf(answer, notRun) : [];
  /** @type {TracedFrame} */
  const frame = {
    t: "traced",
    n,
    answered_at: answeredAt,
    not_run: spans.slice(0, MAX_SPANS),
    writes: found.slice(0, MAX_WRITES),
    is_cut: isCut || spans.length > MAX_SPANS || found.length > MAX_WRITES,
  };
  writes.length = answeredAt = 0; // the next run begins anew
  isCut = false;
  return frame;
}

/** The engine is looked into by nobody else, however a rule comes by the class of a session. */
function refused() {
  throw Object.assign(new Error(`inspector.Session: ${REFUSED}`), { code: "EPERM" });
}

/** A rule that asked would see that this host may more than others. */
function hidePermission() {
  const prototype = Object.getPrototypeOf(Deno.permissions);
  for (const name of ["query", "querySync", "request", "requestSync", "revoke", "revokeSync"]) {
    const ask = prototype[name];
    /** @this {any} @param {any} asked */
    prototype[name] = function (asked) {
      return ask.call(this, asked?.name === "sys" ? { name: "ffi" } : asked);
    };
  }
}

/**
 * Have an assignment to *name* be seen, of whatever object: of one without it, whose literal did not name it.
 *
 * @param {string} name
 */
function watchAssignments(name) {
  if (name in Object.prototype) return;
  defineProperty(Object.prototype, name, {
    configurable: true,
    get: () => undefined,
    set(value) {
      hear("claim", name, undefined);
      let kept = value;
      Reflect.defineProperty(this, name, {
        configurable: true,
        enumerable: true,
        get: () => kept,
        set(next) {
          hear("claim", name, kept);
          kept = next;
        },
      });
    },
  });
}

/**
 * @param {Deed} deed
 * @param {string} name
 * @param {unknown} before
 * @param {unknown} [error]
 */
function hear(deed, name, before, error = new StackError()) {
  const line = lineOfRule(error);
  if (line === 0) return;
  if (deed === "answer") answeredAt = line;
  else if (writes.length < MAX_WRITES) {
    writes.push({ kind: deed, name: cut(name), line, before: shown(before), seen: true });
  } else isCut = true;
}

/**
 * The line of the rule in which *error* was made; 0 if there is none.
 *
 * @param {unknown} error
 */
function lineOfRule(error) {
  const found = withFileName(String(/** @type {any} */ (error)?.stack)).split("\n").find((line) =>
    line.includes(source.file)
  );
  const [, line = 0, column = 0] = found?.match(/:(\d+):(\d+)\)?$/)?.map(Number) ?? [];
  const place = { line, column };
  return line > 0 && source.url !== "" && source.original !== null ? source.original(place).line : line; // of a module
}

/**
 * As much of *text* as a frame has room for; no frame has half a surrogate pair.
 *
 * @param {string} text
 */
function cut(text) {
  return text.slice(0, MAX_TEXT).toWellFormed();
}

/** @param {unknown} value */
function shown(value) {
  try {
    return cut(stringify(value) ?? "");
  } catch {
    return "";
  }
}

async function coverage() {
  const { result } = await post("Profiler.takePreciseCoverage");
  const isRule = (/** @type {any} */ { url }) => url !== "" && (url === source.file || url === source.url);
  const script = result.findLast(isRule);
  if (script === undefined) return new NotRun("", []);
  const { scriptSource } = await post("Debugger.getScriptSource", { scriptId: script.scriptId });
  return new NotRun(scriptSource, script.functions);
}

/**
 * The last write of each claim and scope that is in *answer*, and each removal.
 *
 * @param {{ form: string, value: string }} answer
 * @param {NotRun} notRun
 * @returns {Write[]}
 */
function writesOf({ form, value }, notRun) {
  const result = parse(value);
  const claims = (form === "action" ? result.claims : result) ?? {};
  const scope = typeof result.scope === "string" ? result.scope.split(" ") : result.scope ?? [];
  /** @type {[Deed, string][]} */
  const wanted = [
    ...Object.keys(claims).filter((name) => name !== "scope").map((
      name,
    ) => /** @type {[Deed, string]} */ (["claim", name])),
    ...scope.map((/** @type {string} */ name) => ["scope", name]),
  ];
  const found = wanted.map(([kind, name]) =>
    writes.findLast((write) => write.kind === kind && write.name === cut(name)) ??
      { kind, name: cut(name), line: notRun.lineNaming(name), before: "", seen: false }
  );
  const removed = writes.filter(({ kind, name }) => kind === "removed scope" && !scope.includes(name));
  return [...found.filter(({ line }) => line > 0), ...removed];
}
