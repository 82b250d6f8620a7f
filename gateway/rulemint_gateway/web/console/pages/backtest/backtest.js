import { html } from "../../vendor/third-party.js";
import { Empty, Loading } from "../../components/states.js";
import { Tabs } from "../../components/tabs.js";
import { useKnown } from "../../state/known.js";
import { go } from "../../state/router.js";
import { Canary } from "./canary.js";
import { Replays } from "./replays.js";

const TABS = [{ name: "backtest", says: "Backtest" }, { name: "canary", says: "Canary and shadow" }];

/** A draft on recorded requests, and a version on live ones. @param {{ query: Record<string, string> }} props */
export default function Backtest({ query }) {
  const { rules, loading } = useKnown();
  const rule = rules.find(({ id }) => id === query.rule) ?? rules.find(({ draft_version }) => draft_version) ??
    rules[0];
  if (!rules.length) {
    return html`<h1>Backtest and canary</h1>${
      loading ? html`<${Loading} what="Reading the rules" />` : html`
        <${Empty} title="There is no rule yet">
          <p>Write one in <a href="#/rules">Rules</a>, and come back with a draft of it.</p>
          <//>
      `
    }`;
  }
  const Part = query.tab === "canary" ? Canary : Replays;
  return html`
    <div class="head"><h1>Backtest and canary</h1>
      <label class="actions">Rule <select value=${rule.id}
        onChange=${(/** @type {any} */ event) =>
          go("/backtest", { ...query, version: "", rule: event.currentTarget.value })}>${rules
          .map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}</select></label></div>
    <${Tabs} label="Ways to try a version" tabs=${TABS} />
    <${Part} key=${rule.id} rule=${rule} query=${query} />
  `;
}
