// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/action.js: change that, and run `make sdk`.
/** Actions: `exports.onExecuteCredentialsExchange = async (event, api) => {…}`. */

import contract from "./host_contract.js";
import { noResult, refusal, returned, thrown } from "./answers.js";
import { Cache } from "./cache.js";
import { writeLine } from "../host/capture.js";
import { writeFrames } from "../host/channel.js";
import { denialOf, refusalOfCommand } from "./denial.js";
import { eventOf, firstEventOf } from "./inputs.js";
import { current } from "../host/invocation.js";
import { kindOf, textOf } from "./kinds.js";
import { whatIsLeft } from "../host/leaving.js";
import { trace } from "./traces.js";

/** @import { Answer, LoadFrame, Rule, RuleFunction } from "./frames.d.ts" */
/** @import { Invocation } from "../host/invocation.js" */
/** @import { Refusal } from "./errors.js" */

const SCOPE = new RegExp(`^${contract.scope.character}{1,${contract.scope.characters}}$`);
/** An action that returns one of these has not run: somebody would have to call it, or to go through it. */
const NOT_RUN = /^\[object (?:AsyncGenerator|Generator)\]$/;

/**
 * @param {RuleFunction} action
 * @param {LoadFrame} load
 * @returns {Rule}
 */
export function actionOf(action, load) {
  /** @type {Rule} */
  const rule = (run, invocation) => {
    const decision = new Decision(run.scope);
    const cache = new Cache(run.cache ?? {});
    const event = eventOf(run, load, () => [...decision.scopes]);
    /** @param {() => Answer} answer */
    const finish = (answer) =>
      invocation.answer(() => {
        decision.isOver = true;
        const changes = cache.changes();
        if (changes !== null) writeFrames({ ...changes, n: run.n });
        return answer();
      });
    over(() => action(event, apiOf(decision, cache)), invocation).then(
      (notRun) => finish(() => notRun ?? decision.answer()),
      (error) => finish(() => thrown(error)),
    );
  };
  rule.wantsCache = true;
  return rule;
}

/**
 * Run an action; resolves once it is over: when its promise is. One that returns no promise, or promises something that
 * goes on, is over when what it started is. Resolves to an answer if it has not run at all.
 *
 * @param {() => any} run
 * @param {Invocation} invocation
 * @returns {Promise<Answer | null>}
 */
async function over(run, invocation) {
  const given = run();
  const value = await given;
  if (typeof value === "function" || NOT_RUN.test(tagOf(value))) {
    return { t: "bad-return", why: `the action returned ${kindOf(value)}, so nothing of it was run` };
  }
  const isPromise = typeof given?.then === "function";
  if (!isPromise || isGoingOn(value)) await whatIsLeft(invocation);
  return null;
}

/**
 * Whether *value* is what something goes on by: a timer, or what tells of events.
 *
 * @param {any} value
 */
function isGoingOn(value) {
  if (typeof value !== "object" || value === null) return false;
  return "_onTimeout" in value || "_onImmediate" in value || typeof value.addListener === "function";
}

/** @param {unknown} value */
function tagOf(value) {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return "";
  }
}

/**
 * An action of the trigger's first version: `async (event, context) => result`, which returns what it wants.
 *
 * @param {RuleFunction} action
 * @param {LoadFrame} load
 * @returns {Rule}
 */
export function firstActionOf(action, load) {
  return (run, invocation) => {
    Promise.resolve().then(() => action(firstEventOf(run), { secrets: { ...load.secrets } })).then(
      (value) => invocation.answer(answerOf(value)),
    ).catch((error) => invocation.answer(thrown(error)));
  };
}

/**
 * @param {any} value
 * @returns {Answer}
 */
function answerOf(value) {
  const denial = refusalOfCommand(value);
  if (denial !== null) return denial;
  const none = noResult(value);
  if (none !== null) return none;
  if (value !== null && typeof value !== "object" && value !== undefined) return returned("action", value);
  const { customClaims = {}, scope } = value ?? {};
  return returned("action", { claims: customClaims, ...(scope === undefined ? {} : { scope }) });
}

/** What an action has done so far. */
class Decision {
  /** @type {Set<string>} */
  scopes;
  /** @type {Map<string, unknown>} */
  claims = new Map();
  /** @type {{ refusal: Refusal, message: string } | null} */
  denial = null;
  /** Its answer has left. */
  isOver = false;
  #given;

  /** @param {string[]} scope */
  constructor(scope) {
    this.#given = scope;
    this.scopes = new Set(scope);
  }

  /** @param {unknown} scope */
  addScope(scope) {
    if (typeof scope !== "string" || !SCOPE.test(scope)) throw new Error(`${textOf(scope)} is no scope`);
    trace("scope", scope);
    this.scopes.add(scope);
  }

  /** @param {string} scope */
  removeScope(scope) {
    trace("removed scope", textOf(scope));
    this.scopes.delete(scope);
  }

  answer() {
    if (this.denial !== null) return refusal(this.denial.refusal, this.denial.message);
    const scope = [...this.scopes];
    const changed = scope.length !== this.#given.length || scope.some((name, at) => name !== this.#given[at]);
    return returned("action", { claims: Object.fromEntries(this.claims), ...(changed ? { scope } : {}) });
  }
}

/**
 * @param {Decision} decision
 * @param {Cache} cache
 */
function apiOf(decision, cache) {
  const api = {
    access: {
      /**
       * @param {unknown} code
       * @param {unknown} [reason]
       */
      deny(code, reason) {
        const denial = denialOf(code, reason);
        trace("answer");
        if (decision.isOver) denyLate(denial);
        else decision.denial ??= denial;
        return api;
      },
    },
    accessToken: {
      /**
       * @param {string} name
       * @param {unknown} value
       */
      setCustomClaim(name, value) {
        trace("claim", textOf(name), decision.claims.get(textOf(name)));
        decision.claims.set(textOf(name), value);
        return api;
      },
      /** @param {string} scope */
      addScope(scope) {
        decision.addScope(scope);
        return api;
      },
      /** @param {string} scope */
      removeScope(scope) {
        decision.removeScope(scope);
        return api;
      },
    },
    cache: cache.api,
    transaction: targetScopesOf(decision),
  };
  return api;
}

/**
 * A no that came after its action was over. An `api` that was kept in module scope refuses the action that runs now.
 *
 * @param {{ refusal: Refusal, message: string }} denial
 */
function denyLate(denial) {
  const invocation = current();
  const isHeard = invocation !== null && !invocation.isOver;
  if (isHeard) invocation.refusal ??= refusal(denial.refusal, denial.message);
  const what = isHeard ? "is of an action that is over, and refuses this one" : "is not heard: the action was over";
  writeLine("warn", `api.access.deny(${denial.message}) ${what}`);
}

/** @param {Decision} decision */
function targetScopesOf(decision) {
  return {
    /** @param {string} scope */
    addTargetScope(scope) {
      decision.addScope(scope);
    },
    /** @param {string} scope */
    removeTargetScope(scope) {
      decision.removeScope(scope);
    },
    /** @param {string[]} scopes */
    setTargetScopes(scopes) {
      if (!Array.isArray(scopes)) throw new Error("setTargetScopes takes a list of scopes");
      const before = decision.scopes;
      decision.scopes = new Set();
      try {
        for (const scope of scopes) decision.addScope(scope);
      } catch (error) {
        decision.scopes = before;
        throw error;
      }
    },
    clearTargetScopes() {
      for (const scope of decision.scopes) trace("removed scope", scope);
      decision.scopes.clear();
    },
  };
}
