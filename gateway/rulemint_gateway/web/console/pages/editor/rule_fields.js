import { changeRule, resumeRule } from "../../api/rules.js";
import { listClients } from "../../api/trials.js";
import { Action } from "../../components/action.js";
import { Field } from "../../components/field.js";
import { Said } from "../../components/said.js";
import { useAnswer } from "../../state/answers.js";
import { listOf } from "../../state/rule_texts.js";
import { may } from "../../state/session.js";
import { tell } from "../../state/toasts.js";
import { html, useState } from "../../vendor/third-party.js";

const SCOPE = "update:rules";

/**
 * What belongs to the rule and to no version: its name, and the tokens that it is for. A change holds at once.
 * @param {{ editing: import("./editing.js").Editing }} props
 */
export function RuleFields({ editing }) {
  const { rule } = editing;
  const first = {
    name: rule.name,
    description: rule.description,
    clients: rule.clients.join("\n"),
    audiences: rule.audiences.join("\n"),
    on_failure: rule.on_failure,
  };
  const [fields, setFields] = useState(first);
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const clients = useAnswer(listClients, [], { when: may("read:clients") });
  const wanted = {
    name: fields.name,
    description: fields.description,
    clients: listOf(fields.clients),
    audiences: listOf(fields.audiences),
    on_failure: fields.on_failure,
  };
  const changes = Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(/** @type {any} */ (rule)[name])
    ),
  );
  const save = async () => {
    setProblem(null);
    try {
      await editing.guarded(async () => {
        const { rule: now, etag } = await changeRule(rule.id, changes, { ifMatch: editing.etag });
        editing.setRule(now, etag);
        tell("Changed, from the next token");
      });
    } catch (error) {
      if (!(/** @type {any} */ (error).field)) throw error;
      setProblem(error);
    }
  };
  const resume = async () => {
    await resumeRule(rule.id);
    tell(`The pauses of ${rule.name} are over`);
  };
  const field = (/** @type {keyof typeof first} */ name, /** @type {Record<string, any>} */ more) =>
    html`
      <${Field} value=${fields[name]} scope=${SCOPE} problem=${problem?.field?.startsWith(name) && problem.message}
        onInput=${(/** @type {string} */ value) => setFields({ ...fields, [name]: value })} ...${more} />
    `;
  return html`
    <p class="dim note">It belongs to the rule and to no version: a change holds from the next token.</p>
    ${field("name", { label: "Name" })}
    ${field("description", { label: "Description", lines: 2 })}
    ${field("clients", {
      label: "Only for these clients",
      lines: 2,
      hint: "Ids, one a line; without any it is for all",
      spellcheck: false,
    })}
    ${clients.value && html`<p class="dim note">${
      listOf(fields.clients).map((each) =>
        html`
          <${Said} key=${each} text=${`${each}: ${
            clients.value?.find((one) => one.client_id === each)?.name ?? "no such client"
          }`} />
        `
      )
    }</p>`}
    ${field("audiences", {
      label: "Only for these APIs",
      lines: 2,
      hint: "Identifiers, one a line; without any it is for all",
      spellcheck: false,
    })}
    ${field("on_failure", {
      label: "If it fails",
      hint: "closed: no token; stale:15: of its last good answer, at most 15 minutes old",
    })}
    <p class="actions">
      <${Action} scope=${SCOPE} kind="main" run=${save} disabled=${!Object.keys(changes).length}>Change the rule<//>
      <${Action} scope=${SCOPE} run=${resume} title="It runs again for all clients for which it paused">End its pauses<//>
    </p>
  `;
}
