import { html, useState } from "../../vendor/third-party.js";
import { get } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Value } from "../../components/differences.js";
import { Field } from "../../components/field.js";
import { Said } from "../../components/said.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { part, place, refine } from "../../state/router.js";
import { Flip, FLIP_SCOPE } from "./flip.js";
import { Unknown } from "./result.js";

/** Why each claim is there, and why another is not. @param {{ exchange: any }} props */
export function Explain({ exchange }) {
  const answer = useAnswer(
    async (signal) => (await get(`/api/v2/exchanges/${part(exchange.id)}/explanation`, { signal })).body,
    [exchange.id],
  );
  const { claim: name = "" } = place.value.query;
  return html`
    <${Field} label="Claim or scope" value=${name} onInput=${(/** @type {string} */ claim) =>
      refine({ claim })} spellcheck=${false} class="short"
      hint="A part of its name. Those that are in the token and those that are not." />
    <${Shown} of=${answer}>${(/** @type {any} */ explained) =>
      html`<${Found} exchange=${exchange} explained=${explained} name=${name.trim()} />`}<//>
  `;
}

/** @param {{ exchange: any, explained: any, name: string }} props */
function Found({ exchange, explained, name }) {
  const [want, setWant] = useState("");
  const { claims, scopes, absent, rules, why, depth, could_not_know } = explained;
  const wanted = (/** @type {any} */ each) => each.name.toLowerCase().includes(name.toLowerCase());
  const there = [
    ...claims.map((/** @type {any} */ each) => ({ ...each, kind: "claim" })),
    ...scopes.map((/** @type {any} */ each) => ({ ...each, kind: "scope" })),
  ].filter(wanted);
  const missing = absent.filter(wanted);
  const bring = {
    name: "Bring it",
    show: (/** @type {any} */ { kind, name }) =>
      html`<${Action} kind="quiet" scope=${FLIP_SCOPE} run=${() =>
        setWant(`${kind}:${name}`)}>What would bring it?<//>`,
  };
  return html`
    ${want && html`<${Flip} key=${want} exchange=${exchange} want=${want} close=${() => setWant("")} />`}
    ${why && html`
      <p
        class="wrong">No token: <${Said} text=${why} lines /> <${Action} scope=${FLIP_SCOPE} run=${() =>
          setWant("token")}>What would bring one?<//></p>
    `}
    ${depth === "summary" && html`<p class="dim">Nothing could be replayed, so no line is known.</p>`}
    <h2>In the token</h2>
    <${Table} label="Claims and scopes in the token" rows=${there} keyOf=${keyOf} columns=${THERE}
      empty=${html`<p class="dim">${
        name ? "Nothing of that name." : "There is none that rules or the grant decided."
      }</p>`} />
    <h2>Not in the token</h2>
    <${Table} label="Claims and scopes that are not in the token" rows=${missing} keyOf=${keyOf} columns=${[
      ...MISSING,
      bring,
    ]}
      empty=${name
        ? html`
          <${Empty} title="No line of any rule names it">
            <p>A name that is put together while a rule runs is in no list.</p>
            <//>
        `
        : html`<p class="dim">No rule names any other.</p>`} />
    <h2>Rules</h2>
    <${Table} label="Rules of the tenant" rows=${rules} keyOf=${(/** @type {any} */ each) =>
      each.rule} columns=${RULES} />
    <${Unknown} of=${could_not_know} />
  `;
}

/** @param {any} each */
const keyOf = ({ kind, name, rule }) => `${kind}\n${name}\n${rule ?? ""}`;

const NAME = {
  name: "Name",
  show: (/** @type {any} */ each) =>
    html`<code><${Said} text=${each.name} most=${120} /></code> <small class="dim">${each.kind}</small>`,
};
const WHY = { name: "Why", show: (/** @type {any} */ each) => html`<${Said} text=${each.why} most=${600} />` };
const THERE = [
  NAME,
  { name: "Value", show: (/** @type {any} */ each) => each.kind === "claim" && html`<${Value} of=${each.value} />` },
  WHY,
];
const MISSING = [
  NAME,
  {
    name: "Reason",
    show: (/** @type {any} */ each) =>
      html`<span class="badge plain"><${Said} text=${each.reason.replaceAll("_", " ")} most=${40} /></span>`,
  },
  WHY,
];
const RULES = [
  {
    name: "Rule",
    show: (/** @type {any} */ each) =>
      html`<${Said} text=${each.rule} most=${80} /> <small class="dim">v${each.version}</small>`,
  },
  {
    name: "Ran",
    show: (/** @type {any} */ each) =>
      html`<span class=${`badge ${each.ran ? "good" : "plain"}`}>${each.ran ? "ran" : "did not"}</span>`,
  },
  WHY,
];
