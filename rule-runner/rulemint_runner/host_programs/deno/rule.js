/** A loaded rule: however it was written, a function from one invocation to one answer. */

import { writeLine } from "./capture.js";
import { refusalCode } from "./errors.js";
import { source, withFileName } from "./source.js";

/** @import { Answer, Answering, Form, Rule, RuleFunction, RunFrame } from "./frames.d.ts" */
/** @typedef {(error?: unknown, value?: unknown) => void} Callback */
/** @typedef {Record<string, string>} Secrets */

const MAX_TEXT = 4_096;
const { stringify } = JSON;
const encoder = new TextEncoder();

/**
 * `(client, scope, audience, context, cb)`; an async one may return its result instead.
 *
 * @param {RuleFunction} rule
 * @param {Secrets} secrets
 * @returns {Rule}
 */
export function ruleOf(rule, secrets) {
  return withCallback(rule.length < 5, (run, callback) => {
    const context = { ...run.context, webtask: { secrets: { ...secrets } } };
    return rule(run.client, run.scope, run.audience, context, callback);
  });
}

/**
 * The generic webtask `(ctx, cb)`.
 *
 * @param {RuleFunction} webtask
 * @param {Secrets} secrets
 * @returns {Rule}
 */
export function webtaskOf(webtask, secrets) {
  return withCallback(false, (run, callback) => {
    const { client, scope, audience, context } = run;
    return webtask({ secrets: { ...secrets }, body: { client, scope, audience, context } }, callback);
  });
}

/**
 * Our own form: `({ client, scope, audience, context }) => claims`.
 *
 * @param {RuleFunction} module
 * @param {Secrets} secrets
 * @returns {Rule}
 */
export function moduleOf(module, secrets) {
  return (run, answer) => {
    const context = { ...run.context, webtask: { secrets: { ...secrets } } };
    const input = { client: run.client, scope: run.scope, audience: run.audience, context };
    Promise.resolve(input).then(module).then(
      (value) => answer(returned("own", value)),
      (error) => answer(thrown(error)),
    );
  };
}

/**
 * A rule that answers through a callback; with *mayReturn* also by what it returns.
 *
 * @param {boolean} mayReturn
 * @param {(run: RunFrame, callback: Callback) => unknown} call
 * @returns {Rule}
 */
function withCallback(mayReturn, call) {
  return (run, answer) => {
    let called = false;
    /** @type {Callback} */
    const callback = (error, value) => {
      if (called) {
        writeLine("warn", "the rule called its callback more than once: the first call counts");
        return;
      }
      called = true;
      answer(error === undefined || error === null ? returned("auth0", value) : refused(error));
    };
    try {
      const value = call(run, callback);
      if (value instanceof Promise) {
        value.then(
          (result) => {
            if (!called && (mayReturn || result !== undefined)) answer(returned("auth0", result));
          },
          (error) => answer(thrown(error)),
        );
      } else if (mayReturn && !called && typeof value === "object" && value !== null) {
        answer(returned("auth0", value));
      }
    } catch (error) {
      answer(thrown(error));
    }
  };
}

/** @type {Answering} */
let strayErrorTo = () => {};

/**
 * From now on an error that nobody catches answers the invocation through `answer`.
 *
 * @param {Answering} answer
 */
export function onStrayError(answer) {
  strayErrorTo = answer;
}

/** Catch what a rule throws outside of its call: in a timer, or in a promise that nobody awaits. */
export function catchStrayErrors() {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    strayErrorTo(thrown(event.error));
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    strayErrorTo(thrown(event.reason));
  });
}

/**
 * An error as its rule's author wants to see it: the file's own line, the message, then the rule's part of the stack.
 *
 * @param {unknown} error
 */
export function describe(error) {
  const { file } = source;
  if (!(error instanceof Error)) return clip(`${file}: thrown: ${textOf(error)}`);
  const frames = withFileName(textOf(error.stack ?? "")).split("\n").filter((line) => line.includes(file));
  const where = frames[0]?.match(/:(\d+):(\d+)\)?$/);
  const at = where ? `${file}:${where[1]}:${where[2]}` : file;
  const stack = frames.length > 1 ? `\n${frames.join("\n")}` : "";
  return clip(`${at}: ${error.name}: ${withFileName(textOf(error.message))}${stack}`);
}

/**
 * @param {Form} form
 * @param {unknown} value
 * @returns {Answer}
 */
function returned(form, value) {
  let text;
  try {
    text = stringify(value ?? {});
  } catch (error) {
    return { t: "bad-return", why: clip(`the result does not serialise: ${/** @type {Error} */ (error)?.message}`) };
  }
  if (text === undefined) return { t: "bad-return", why: `the result is a ${typeof value}, not an object` };
  const { resultBytes } = source;
  if (text.length > resultBytes || encoder.encode(text).length > resultBytes) {
    return { t: "bad-return", why: `the result is larger than ${resultBytes} bytes of JSON` };
  }
  return { t: "returned", form, value: text };
}

/**
 * What a rule hands to its callback as an error is a refusal in its own words, whatever it is.
 *
 * @param {unknown} error
 * @returns {Answer}
 */
function refused(error) {
  const message = /** @type {Error} */ (error)?.message;
  const text = typeof message === "string" ? message : textOf(error);
  return { t: "refused", code: refusalCode(error) ?? "access_denied", message: clip(text) };
}

/**
 * @param {unknown} error
 * @returns {Answer}
 */
function thrown(error) {
  return refusalCode(error) === null ? { t: "threw", text: describe(error) } : refused(error);
}

/** @param {unknown} value */
function textOf(value) {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** @param {string} text */
function clip(text) {
  return text.slice(0, MAX_TEXT).toWellFormed();
}
