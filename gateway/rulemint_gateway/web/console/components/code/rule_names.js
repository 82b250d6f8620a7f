/** What a name in a rule's text means, by the types that rules are told. No document, no CodeMirror. */

import { RULE_TYPES } from "../../derived/rule_types.js";

/**
 * @typedef {{ type: string, doc: string, members?: Record<string, Member> }} Member
 * @typedef {{ types: Record<string, { doc: string, members: Record<string, Member> }>, globals: Record<string, Member> }} Types
 * @typedef {{ name: string, type: string, doc: string }} Named
 */

/** Parameters have the names that the documentation gives them: a rule that calls them otherwise is not completed. */
const ROOTS = /** @type {Record<string, Record<string, string>>} */ ({
  javascript: {
    client: "Client",
    scope: "string[]",
    audience: "string",
    context: "Context",
    ctx: "Webtask",
    webtask: "Webtask",
    storage: "Storage",
    cb: "Callback",
    event: "Event",
    api: "Api",
  },
  python: {
    client: "Client",
    scope: "list[str]",
    audience: "str",
    context: "Context",
    webtask: "Webtask",
    storage: "Storage",
    response: "Response",
    answer: "Response",
  },
});

const STEP = String.raw`(?:\??\.\s*[\w$]+|\[\s*["'][^"'\]]*["']\s*\])`;
const CHAIN_END = new RegExp(String.raw`([A-Za-z_$][\w$]*${STEP}*)$`);
const MEMBER_BEGUN = new RegExp(String.raw`([A-Za-z_$][\w$]*${STEP}*)(\??\.\s*|\[\s*["'])([\w$]*)$`);
const WORD_BEGUN = /[A-Za-z_$][\w$]*$/;
/** TypedDicts are read by keys, all else by a dot. */
const BY_KEY = new Set(["Client", "Context", "Webtask"]);

/** @param {string} language */
const spokenOf = (language) => language === "python" ? "python" : "javascript";

/**
 * What may stand where somebody writes.
 * @param {string} before the text up to there
 * @param {string} language
 * @returns {{ from: number, names: Named[] } | null} `from`: how many characters before are a part of it
 */
export function completed(before, language) {
  const spoken = spokenOf(language);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  if (/(^|\s)(#|\/\/)/.test(line) && !/["'`]/.test(line)) return null; // a remark
  const member = MEMBER_BEGUN.exec(line);
  if (member) {
    const [, chain, step, begun] = member;
    const found = typeAt(pathOf(chain), spoken);
    if (!found) return null;
    const byKey = step.startsWith("[");
    if (spoken === "python" && byKey !== BY_KEY.has(found.name)) return null;
    return { from: begun.length, names: named(found.members) };
  }
  const begun = WORD_BEGUN.exec(line)?.[0];
  if (!begun) return null;
  const { globals } = typesOf(spoken);
  const roots = Object.entries(ROOTS[spoken]).map(([name, type]) => ({ name, type, doc: docOf(type, spoken) }));
  return { from: begun.length, names: [...roots, ...named(globals)] };
}

/**
 * What the name means that ends a text.
 * @param {string} text up to the end of a word
 * @param {string} language
 * @returns {Named | null}
 */
export function meant(text, language) {
  const spoken = spokenOf(language);
  const chain = CHAIN_END.exec(text.slice(text.lastIndexOf("\n") + 1).replace(/(\[\s*["'][\w$]+)$/, '$1"]'))?.[1];
  if (!chain) return null;
  const path = pathOf(chain);
  const name = path[path.length - 1];
  if (path.length === 1) {
    const type = ROOTS[spoken][name];
    if (type) return { name, type, doc: docOf(type, spoken) };
    const global = typesOf(spoken).globals[name];
    return global ? { name, ...global } : null;
  }
  const member = typeAt(path.slice(0, -1), spoken)?.members[name];
  return member ? { name, type: member.type, doc: member.doc || docOf(member.type, spoken) } : null;
}

/** @param {string} chain */
function pathOf(chain) {
  return chain.split(/\??\.\s*|\[\s*["']|["']\s*\]/).filter(Boolean);
}

/**
 * @param {string[]} path
 * @param {string} spoken
 * @returns {{ name: string, members: Record<string, Member> } | null}
 */
function typeAt([root, ...steps], spoken) {
  let at = typeNamed(ROOTS[spoken][root], spoken);
  for (const step of steps) {
    const member = Object.hasOwn(at?.members ?? {}, step) ? at?.members[step] : undefined;
    if (!member) return null;
    at = member.members ? { name: "object", members: member.members } : typeNamed(member.type, spoken);
  }
  return at;
}

/**
 * @param {string | undefined} type
 * @param {string} spoken
 */
function typeNamed(type, spoken) {
  const name = type?.replace(/^Omit<(\w+).*/, "$1") ?? "";
  const { types } = typesOf(spoken);
  return Object.hasOwn(types, name) ? { name, members: types[name].members } : null;
}

/**
 * @param {string} spoken
 * @returns {Types}
 */
const typesOf = (spoken) => /** @type {any} */ (RULE_TYPES)[spoken];

/**
 * @param {string} type
 * @param {string} spoken
 */
const docOf = (type, spoken) => typesOf(spoken).types[type]?.doc ?? "";

/** @param {Record<string, Member>} members */
function named(members) {
  return Object.entries(members).map(([name, { type, doc }]) => ({ name, type, doc }));
}
