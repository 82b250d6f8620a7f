/** Code of Auth0's that is meant for another moment than a client's token: it is told what it is, instead of being run. */

import { parametersOf } from "./parameters.js";

const INSTEAD = "a token of a client has no user: export onExecuteCredentialsExchange, or a function " +
  "(client, scope, audience, context, cb)";
const TRIGGER = /^on(?:Execute|Continue)[A-Z]\w*$/;
/** By the names of the first parameters, as Auth0's templates have them. @type {[RegExp, string][]} */
const FORMS = [
  [/^recipient,text,context/, "a hook that sends a message, (recipient, text, context, cb)"],
  [
    /^(?:email|identifierValue|username)(?:,(?:password|newPassword))?,(?:callback|cb)$/,
    "a script of a custom database",
  ],
  // A rule of ours has its callback at the fifth place, a webtask at the first or second.
  [
    /^(?:user,(?:context|ctx)\b|[^,]+,[^,]+,(?:cb|callback|done|next)$)/,
    "a rule of Auth0's login pipeline, or a hook of a user: (user, context, callback)",
  ],
];

/**
 * What the exported code is, if it is another trigger's, with what to write instead; else null.
 *
 * @param {any} exported
 * @param {unknown} rule
 * @returns {string | null}
 */
export function otherTriggerOf(exported, rule) {
  if (typeof rule === "function") {
    const names = parametersOf(/** @type {any} */ (rule)).names.join(",");
    const form = FORMS.find(([names_]) => names_.test(names));
    return form === undefined ? null : `this is ${form[1]}; ${INSTEAD}`;
  }
  const trigger = namesOf(exported).find((name) => TRIGGER.test(name));
  return trigger === undefined ? null : `this is an action of another trigger, ${trigger}; ${INSTEAD}`;
}

/** @param {any} exported */
function namesOf(exported) {
  try {
    return Object.keys(Object(exported));
  } catch {
    return [];
  }
}
