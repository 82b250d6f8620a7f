/** Actions: `exports.onExecuteCredentialsExchange = async (event, api) => {…}`. */

import { refusal, returned, textOf, thrown } from "./answers.js";
import { Cache } from "./cache.js";
import { writeLine } from "./capture.js";
import { writeFrames } from "./channel.js";
import { eventOf, firstEventOf } from "./inputs.js";

/** @import { Answer, LoadFrame, Rule, RuleFunction, RunFrame } from "./frames.d.ts" */
/** @import { Refusal } from "./errors.js" */

const CODES = new Set(["invalid_scope", "invalid_request", "server_error", "access_denied"]);
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
const NO_REASON = "the rule refused the request";

/**
 * @param {RuleFunction} action
 * @param {LoadFrame} load
 * @returns {Rule}
 */
export function actionOf(action, load) {
  /** @type {Rule} */
  const rule = (run, answer) => {
    const draft = new Draft(run.scope);
    const cache = new Cache(run.cache ?? {});
    const event = eventOf(run, load, () => [...draft.scopes]);
    /** @param {Answer} value */
    const finish = (value) => {
      const changes = cache.changes();
      if (changes !== null) writeFrames(changes);
      answer(value);
    };
    Promise.resolve().then(() => action(event, apiOf(draft, cache))).then(
      () => finish(draft.answer()),
      (error) => finish(thrown(error)),
    );
  };
  rule.wantsCache = true;
  return rule;
}

/**
 * An action of the trigger's first version: `async (event, context) => result`, which returns what it wants.
 *
 * @param {RuleFunction} action
 * @param {LoadFrame} load
 * @returns {Rule}
 */
export function firstActionOf(action, load) {
  return (run, answer) => {
    Promise.resolve().then(() => action(firstEventOf(run), { secrets: { ...load.secrets } })).then(
      (result) => answer(answerOf(result)),
    ).catch((error) => answer(thrown(error)));
  };
}

/**
 * @param {any} result
 * @returns {Answer}
 */
function answerOf(result) {
  if (result?.command?.type === "deny") {
    const { reason, message } = result.command;
    const denial = denialOf(reason, message ?? NO_REASON);
    return refusal(denial.refusal, denial.message);
  }
  const { customClaims = {}, scope } = result ?? {};
  return returned("action", { claims: customClaims, ...(scope === undefined ? {} : { scope }) });
}

/** What an action has done so far. */
class Draft {
  /** @type {Set<string>} */
  scopes;
  /** @type {Map<string, unknown>} */
  claims = new Map();
  /** @type {{ refusal: Refusal, message: string } | null} */
  denial = null;
  #given;

  /** @param {string[]} scope */
  constructor(scope) {
    this.#given = scope;
    this.scopes = new Set(scope);
  }

  /** @param {unknown} scope */
  addScope(scope) {
    if (typeof scope !== "string" || !SCOPE.test(scope)) throw new Error(`${textOf(scope)} is no scope`);
    this.scopes.add(scope);
  }

  answer() {
    if (this.denial !== null) return refusal(this.denial.refusal, this.denial.message);
    const scope = [...this.scopes];
    const changed = scope.length !== this.#given.length || scope.some((name, at) => name !== this.#given[at]);
    return returned("action", { claims: Object.fromEntries(this.claims), ...(changed ? { scope } : {}) });
  }
}

/**
 * @param {Draft} draft
 * @param {Cache} cache
 */
function apiOf(draft, cache) {
  const api = {
    access: {
      /**
       * @param {unknown} code
       * @param {unknown} [reason]
       */
      deny(code, reason) {
        draft.denial ??= denialOf(code, reason);
        return api;
      },
    },
    accessToken: {
      /**
       * @param {string} name
       * @param {unknown} value
       */
      setCustomClaim(name, value) {
        draft.claims.set(textOf(name), value);
        return api;
      },
      /** @param {string} scope */
      addScope(scope) {
        draft.addScope(scope);
        return api;
      },
      /** @param {string} scope */
      removeScope(scope) {
        draft.scopes.delete(scope);
        return api;
      },
    },
    cache: cache.api,
    transaction: targetScopesOf(draft),
  };
  return api;
}

/** @param {Draft} draft */
function targetScopesOf(draft) {
  return {
    /** @param {string} scope */
    addTargetScope(scope) {
      draft.addScope(scope);
    },
    /** @param {string} scope */
    removeTargetScope(scope) {
      draft.scopes.delete(scope);
    },
    /** @param {string[]} scopes */
    setTargetScopes(scopes) {
      if (!Array.isArray(scopes)) throw new Error("setTargetScopes takes a list of scopes");
      const before = draft.scopes;
      draft.scopes = new Set();
      try {
        for (const scope of scopes) draft.addScope(scope);
      } catch (error) {
        draft.scopes = before;
        throw error;
      }
    },
    clearTargetScopes() {
      draft.scopes.clear();
    },
  };
}

/**
 * One argument alone is the reason, whatever it says; a code that OAuth does not know is one of access denied.
 *
 * @param {unknown} code
 * @param {unknown} reason
 */
function denialOf(code, reason) {
  const name = textOf(code);
  const refusal = { code: "access_denied", plain: true };
  if (reason === undefined) return { refusal, message: code === undefined ? NO_REASON : name };
  if (CODES.has(name)) return { refusal: { code: name, plain: false }, message: textOf(reason) };
  writeLine("warn", `api.access.deny: ${name} is none of ${[...CODES].join(", ")}; the caller gets access_denied`);
  return { refusal, message: textOf(reason) };
}
