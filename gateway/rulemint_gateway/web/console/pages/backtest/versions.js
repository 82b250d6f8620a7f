import { html } from "../../vendor/third-party.js";
import { get } from "../../api/client.js";
import { useAnswer } from "../../state/answers.js";
import { part } from "../../state/router.js";

/** @typedef {import("../../state/known.js").KnownRule} KnownRule */

/**
 * The versions of a rule that do not run, the newest first.
 * @param {KnownRule} rule
 * @returns {number[]}
 */
export function useOthers(rule) {
  const { value } = useAnswer(
    async (signal) => (await get(`/api/v2/rules/${part(rule.id)}/versions`, { signal })).body,
    [rule.id],
  );
  const all = Array.isArray(value) ? value.map(({ number }) => number) : [];
  return all.filter((each) => Number.isInteger(each) && each !== rule.version);
}

/**
 * @param {{ rule: KnownRule, others: number[], value: number, onChange: (version: number) => void }} props
 */
export function VersionChoice({ rule, others, value, onChange }) {
  return html`<label>Version <select value=${value} onChange=${(/** @type {any} */ event) =>
    onChange(Number(event.currentTarget.value))}>${
    others.map((each) =>
      html`<option key=${each} value=${each}>${each}${each === rule.draft_version ? ", the draft" : ""}</option>`
    )
  }</select></label>`;
}
