/** A loaded rule: however it was written, a function from one invocation to one answer. */

import { writeLine } from "./capture.ts";
import { refusalCode } from "./errors.ts";
import type { AnswerFrame, Form, RunFrame } from "./frames.ts";
import { source, withFileName } from "./source.ts";

type WithoutNumber<T> = T extends unknown ? Omit<T, "n"> : never;
export type Answer = WithoutNumber<AnswerFrame>;
export type Answering = (answer: Answer) => void;
/** Runs the rule once; calls `answer` when it has answered. Later calls change nothing. */
export type Rule = (run: RunFrame, answer: Answering) => void;

// deno-lint-ignore no-explicit-any -- a rule's export takes and gives anything
export type RuleFunction = (...args: any[]) => any;

const MAX_RESULT_CHARACTERS = 32 * 1024;
const MAX_TEXT = 4_096;
const { stringify } = JSON;

/** `(client, scope, audience, context, cb)`; an async one may return its result instead. */
export function ruleOf(rule: RuleFunction, secrets: Record<string, string>): Rule {
  return withCallback(rule.length < 5, (run, callback) => {
    const context = { ...run.context, webtask: { secrets: { ...secrets } } };
    return rule(run.client, run.scope, run.audience, context, callback);
  });
}

/** The generic webtask `(ctx, cb)`. */
export function webtaskOf(webtask: RuleFunction, secrets: Record<string, string>): Rule {
  return withCallback(false, (run, callback) => {
    const { client, scope, audience, context } = run;
    return webtask({ secrets: { ...secrets }, body: { client, scope, audience, context } }, callback);
  });
}

/** Our own form: `({ client, scope, audience, context }) => claims`. */
export function moduleOf(module: RuleFunction, secrets: Record<string, string>): Rule {
  return (run, answer) => {
    const context = { ...run.context, webtask: { secrets: { ...secrets } } };
    const input = { client: run.client, scope: run.scope, audience: run.audience, context };
    Promise.resolve().then(() => module(input)).then(
      (value) => answer(returned("own", value)),
      (error) => answer(thrown(error)),
    );
  };
}

type Callback = (error?: unknown, value?: unknown) => void;

function withCallback(mayReturn: boolean, call: (run: RunFrame, callback: Callback) => unknown): Rule {
  return (run, answer) => {
    let called = false;
    const callback: Callback = (error, value) => {
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

let strayErrorTo: Answering = () => {};

/** From now on an error that nobody catches answers the invocation through `answer`. */
export function onStrayError(answer: Answering): void {
  strayErrorTo = answer;
}

/** Catch what a rule throws outside of its call: in a timer, or in a promise that nobody awaits. */
export function catchStrayErrors(): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    strayErrorTo(thrown(event.error));
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    strayErrorTo(thrown(event.reason));
  });
}

/** An error as its rule's author wants to see it: the file's own lines, then the message and the stack. */
export function describe(error: unknown): string {
  const { file } = source;
  if (!(error instanceof Error)) return `${file}: thrown: ${String(error)}`.slice(0, MAX_TEXT);
  const frames = withFileName(error.stack ?? "").split("\n").filter((line) => line.includes(file) && /:\d+/.test(line));
  const where = frames[0]?.match(/:(\d+)(?::(\d+))?\)?$/);
  const at = where ? `${file}:${where[1]}${where[2] ? `:${where[2]}` : ""}` : file;
  const stack = frames.length > 1 ? `\n${frames.join("\n")}` : "";
  return `${at}: ${error.name}: ${withFileName(error.message)}${stack}`.slice(0, MAX_TEXT);
}

function returned(form: Form, value: unknown): Answer {
  let text: string | undefined;
  try {
    text = stringify(value ?? {});
  } catch (error) {
    return { t: "bad-return", why: `the result does not serialise: ${(error as Error).message}` };
  }
  if (text === undefined) return { t: "bad-return", why: `the result is a ${typeof value}, not an object` };
  if (text.length > MAX_RESULT_CHARACTERS || new TextEncoder().encode(text).length > MAX_RESULT_CHARACTERS) {
    return { t: "bad-return", why: `the result is larger than ${MAX_RESULT_CHARACTERS} bytes of JSON` };
  }
  return { t: "returned", form, value: text };
}

/** What a rule hands to its callback as an error is a refusal in its own words, whatever it is. */
function refused(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String((error as Error)?.message ?? error);
  return { t: "refused", code: refusalCode(error) ?? "access_denied", message: message.slice(0, MAX_TEXT) };
}

function thrown(error: unknown): Answer {
  return refusalCode(error) === null ? { t: "threw", text: describe(error) } : refused(error);
}
