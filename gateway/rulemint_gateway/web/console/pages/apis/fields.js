import { html } from "../../vendor/third-party.js";
import { Choice, Tick } from "../../components/choice.js";
import { Field } from "../../components/field.js";

/**
 * An API as it is written in a form.
 *
 * @typedef {{ name: string, scopes: string, signing_alg: string, token_lifetime: string, enforce_grant_scopes: boolean }} Api
 *   `scopes`: a line each, its description after the first blank
 */

export const FIELDS = ["identifier", "name", "scopes", "signing_alg", "token_lifetime", "enforce_grant_scopes"];
const ALGORITHMS = ["ES256", "RS256", "EdDSA", "PS256", "RS512", "HS256"].map((value) => ({ value }));

/** @type {Api} */
export const NEW_API = {
  name: "",
  scopes: "",
  signing_alg: "ES256",
  token_lifetime: "86400",
  enforce_grant_scopes: true,
};

/**
 * @param {any} record of the API
 * @returns {Api}
 */
export function writtenOf(record) {
  const scopes = record.scopes.map((/** @type {any} */ each) => `${each.value} ${each.description ?? ""}`.trim()).join(
    "\n",
  );
  const { name, signing_alg, token_lifetime, enforce_grant_scopes } = record;
  return { name, scopes, signing_alg, token_lifetime: String(token_lifetime), enforce_grant_scopes };
}

/** @param {Api} api */
export function bodyOf(api) {
  return {
    name: api.name.trim(),
    scopes: scopesIn(api.scopes),
    signing_alg: api.signing_alg,
    token_lifetime: Number(api.token_lifetime),
    enforce_grant_scopes: api.enforce_grant_scopes,
  };
}

/**
 * The scopes that somebody wrote, a line each.
 * @param {string} text
 */
export function scopesIn(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const [value] = line.split(/\s+/, 1);
    return { value, description: line.slice(value.length).trim() };
  });
}

/**
 * @param {{ api: Api, onChange: (api: Api) => void, problems: Record<string, string>, scope: string, identifier?: string, onIdentifier?: (identifier: string) => void }} props
 *   `onIdentifier`: it is new; later it is fixed, because tokens and grants name it
 */
export function ApiFields({ api, onChange, problems, scope, identifier, onIdentifier }) {
  const set = (/** @type {Partial<Api>} */ changes) => onChange({ ...api, ...changes });
  return html`
    ${onIdentifier && html`
      <${Field} label="Identifier" value=${identifier} onInput=${onIdentifier} scope=${scope} problem=${problems
        .identifier}
        hint="The audience of its tokens, such as https://orders.example/; it cannot be changed later" autofocus
        spellcheck=${false} />
    `}
    <${Field} label="Name" value=${api.name} onInput=${(/** @type {string} */ name) =>
      set({ name })} scope=${scope} problem=${problems.name} />
    <${Field} label="Scopes" lines=${5} value=${api.scopes} onInput=${(/** @type {string} */ scopes) =>
      set({ scopes })} scope=${scope}
      problem=${problems.scopes} hint="A line each; what it means may follow after a blank" spellcheck=${false} />
    <${Choice} label="Signed by" value=${api.signing_alg} options=${ALGORITHMS} scope=${scope} problem=${problems
      .signing_alg}
      onChange=${(/** @type {string} */ signing_alg) => set({ signing_alg })} hint="ES256 is the fastest to sign" />
    <${Field} label="Lifetime of a token, in seconds" type="number" min="1" value=${api.token_lifetime} scope=${scope}
      problem=${problems.token_lifetime} onInput=${(/** @type {string} */ token_lifetime) => set({ token_lifetime })} />
    <${Tick} label="A token has no scope beyond its client's grant" checked=${api.enforce_grant_scopes} scope=${scope}
      onChange=${(/** @type {boolean} */ enforce_grant_scopes) => set({ enforce_grant_scopes })} />
  `;
}
