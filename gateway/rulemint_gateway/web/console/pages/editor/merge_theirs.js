import { Merge } from "../../components/code/merge.js";
import { Dialog } from "../../components/dialog.js";
import { dropDraft, keepDraft, keptDraft } from "../../state/drafts.js";
import { changesOf } from "../../state/rule_texts.js";
import { tell } from "../../state/toasts.js";
import { html, useState } from "../../vendor/third-party.js";

/**
 * Somebody has saved another version since this text was read: a person takes what is right of both.
 * @param {{ editing: import("./editing.js").Editing, theirs: import("./editing.js").Read }} props
 */
export function MergeTheirs({ editing, theirs }) {
  const draft = `merge/${editing.id}/${theirs.number}`;
  const [begun] = useState(() => String(keptDraft(draft) ?? editing.text.script));
  const [merged, setMerged] = useState(begun);
  const write = (/** @type {string} */ text) => {
    setMerged(text);
    keepDraft(draft, text);
  };
  const own = changesOf(editing.text, editing.base);
  const others = Object.keys(changesOf(theirs.base, editing.base)).filter((name) => name !== "script");
  const take = (/** @type {import("../../api/rules.js").RuleText} */ text, /** @type {string} */ said) => {
    dropDraft(draft);
    editing.take(theirs, text);
    tell(said);
  };
  return html`
    <${Dialog} title=${`Version ${theirs.number} was saved in between`} close=${() => {}} fixed class="wide-dialog">
      <p>On the left is what somebody else has saved, on the right is yours. Take over what you need by the arrows, or write.</p>
      ${others.length > 0 &&
        html`<p class="dim">Also changed there: ${others.join(", ")}. Where you have not changed it,
        theirs is taken.</p>`}
      <${Merge} label="Merge" before=${theirs.base.script} after=${begun} beforeName=${`theirs, v${theirs.number}`}
        afterName="yours" language=${editing.text.language} onChange=${write} />
      <p class="actions">
        <button type="button" class="action" onClick=${() =>
          take(theirs.base, "Yours is dropped")}>Take theirs, drop mine</button>
        <button type="button" class="action main" autofocus onClick=${() =>
          take(
            { ...theirs.base, ...own, script: merged },
            "Merged: save it when it is right",
          )}>Take the right side</button>
      </p>
      <//>
  `;
}
