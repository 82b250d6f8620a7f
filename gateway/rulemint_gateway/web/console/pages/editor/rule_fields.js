import { changeRule, resumeRule } from "../../api/rules.js";
import { listClients } from "../../api/trials.js";
import { Action } from "../../components/action.js";
import { ChangedSince } from "../../components/changed_since.js";
import { DraftNote } from "../../components/draft_note.js";
import { Field } from "../../components/field.js";
import { Said } from "../../components/said.js";
import { useAnswer } from "../../state/answers.js";
import { useEdits } from "../../state/edits.js";
import { listOf } from "../../state/rule_texts.js";
import { may } from "../../state/session.js";
import { tell } from "../../state/toasts.js";
import { html, useEffect, useState } from "../../vendor/third-party.js";

const SCOPE = "update:rules";

/**
 * What belongs to the rule and to no version: its name, and the tokens that it is for. A change holds at once.
 * @param {{ editing: import("./editing.js").Editing }} props
 */
export function RuleFields({ editing }) {
  const values = valuesOf(editing.rule);
  const etag = JSON.stringify(values); // that of the rule changes with each draft of its text, too
  return html`<${Fields} key=${etag} editing=${editing} record=${{ etag, values }} />`;
}

const NAMES = {
  name: "Name",
  description: "Description",
  clients: "Only for these clients",
  audiences: "Only for these APIs",
  on_failure: "If it fails",
};

/** @param {import("../../api/rules.js").Rule} rule */
const valuesOf = ({ name, description, clients, audiences, on_failure }) => ({
  name,
  description,
  clients: clients.join("\n"),
  audiences: audiences.join("\n"),
  on_failure,
});

/** @param {{ editing: import("./editing.js").Editing, record: import("../../state/edits.js").Version }} props */
function Fields({ editing, record }) {
  const { rule } = editing;
  const edits = useEdits(`rule-fields/${rule.id}`, record);
  const fields = edits.values;
  useEffect(() => {
    if (edits.changed && edits.etag !== record.etag) edits.meet(record);
  }, []);
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
        edits.drop();
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
  const field = (/** @type {keyof typeof NAMES} */ name, /** @type {Record<string, any>} */ more) =>
    html`
      <${Field} label=${NAMES[name]} value=${fields[name]} scope=${SCOPE} problem=${problem?.field?.startsWith(name) &&
        problem.message}
        onInput=${(/** @type {string} */ value) => edits.change({ [name]: value })} ...${more} />
    `;
  return html`
    <p class="dim note">It belongs to the rule and to no version: a change holds from the next token.</p>
    ${field("name", {})}
    ${field("description", { lines: 2 })}
    ${field("clients", {
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
      lines: 2,
      hint: "Identifiers, one a line; without any it is for all",
      spellcheck: false,
    })}
    ${field("on_failure", {
      hint: "closed: no token; stale:15: of its last good answer, at most 15 minutes old",
    })}
    <${ChangedSince} edits=${edits} names=${NAMES} />
    <${DraftNote} edits=${edits} />
    <p class="actions">
      <${Action} scope=${SCOPE} kind="main" run=${save} disabled=${!Object.keys(changes).length ||
        edits.theirs}>Change the rule<//>
      <${Action} scope=${SCOPE} run=${resume} title="It runs again for all clients for which it paused">End its pauses<//>
    </p>
  `;
}
