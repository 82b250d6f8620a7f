import { deleteSecret, secretNames, setSecret } from "../../api/rules.js";
import { Action } from "../../components/action.js";
import { Field } from "../../components/field.js";
import { Said } from "../../components/said.js";
import { Shown } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { useDraft } from "../../state/edits.js";
import { confirmed } from "../../state/questions.js";
import { tell } from "../../state/toasts.js";
import { html, useState } from "../../vendor/third-party.js";

/**
 * Names of the rule's secrets. A value goes in, and nobody reads it again; it is the one text that no draft keeps.
 * @param {{ id: string }} props
 */
export function Secrets({ id }) {
  const names = useAnswer((signal) => secretNames(id, signal), [id]);
  const draft = useDraft(`secret-of/${id}`, { name: "" });
  const { name } = draft.values;
  const setName = (/** @type {string} */ name) => draft.change({ name });
  const [value, setValue] = useState("");
  const known = (names.value ?? []).includes(name);
  const set = async () => {
    await setSecret(id, name, value, { replace: known });
    tell(known ? `${name} is replaced, from the next token` : `${name} is added, from the next token`);
    setName("");
    setValue("");
    names.again();
  };
  const remove = async (/** @type {string} */ which) => {
    const breaks = [
      "The rule reads nothing by this name, in any version, from the next token.",
      "Its value cannot be read back.",
    ];
    if (!await confirmed({ title: `Delete the secret ${which}`, breaks, name: which, yes: "Delete it" })) return;
    await deleteSecret(id, which);
    tell(`${which} is deleted`);
    names.again();
  };
  return html`
    <p class="dim note">Secrets belong to the rule, and hold for each of its versions at once. A value is never shown.</p>
    <${Shown} of=${names}>${(/** @type {string[]} */ found) =>
      html`
        <ul class="plain secrets">${found.map((each) =>
          html`
            <li key=${each}><code><${Said} text=${each} most=${128} /></code> <span class="dim">••••••</span>
              <${Action} kind="quiet" scope="update:rules" label=${`Replace ${each}`} run=${() =>
                setName(each)}>Replace<//>
              <${Action} kind="quiet" scope="update:rules" label=${`Delete ${each}`} run=${() =>
                remove(each)}>Delete…<//></li>
          `
        )}</ul>
        ${!found.length && html`<p class="dim">It has no secrets.</p>`}
      `}<//>
    <h3>${known ? "Replace" : "Add"} a secret</h3>
    <${Field} label="Name" value=${name} onInput=${setName} scope="update:rules" spellcheck=${false} autocomplete="off" />
    <${Field} label="Value" type="password" value=${value} onInput=${setValue} scope="update:rules" autocomplete="new-password" />
    <${Action} scope="update:rules" kind="main" run=${set} disabled=${!name || !value}>${known
      ? "Replace it"
      : "Add it"}<//>
  `;
}
