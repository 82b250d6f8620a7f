/** One rule: its text with what is wrong in it, and beside it trials, tests, versions, and what it may do. */

import { Shown } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { html } from "../../vendor/third-party.js";
import { readForEditing } from "./editing.js";
import { Workbench } from "./workbench.js";

/** @param {{ params: Record<string, string>, query: Record<string, string> }} props */
export default function RulePage({ params, query }) {
  const read = useAnswer((signal) => readForEditing(params.id, signal), [params.id]);
  return html`
    <${Shown} of=${read}>${(/** @type {any} */ first) =>
      html`
        <${Workbench} key=${params.id} id=${params.id} first=${first} query=${query} />
      `}<//>
  `;
}
