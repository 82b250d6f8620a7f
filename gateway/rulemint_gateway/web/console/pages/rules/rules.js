/** The rules of the tenant in the order of the flow: what runs, what failed last, and what each may do. */

import { changeRule, listFlow } from "../../api/rules.js";
import { listClients } from "../../api/trials.js";
import { Action } from "../../components/action.js";
import { Empty, Shown } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { may } from "../../state/session.js";
import { useShortcuts } from "../../state/shortcuts.js";
import { tell } from "../../state/toasts.js";
import { html, useRef, useState } from "../../vendor/third-party.js";
import { deleted } from "./deleting.js";
import { lastFailures } from "./failures.js";
import { NewRule } from "./new_rule.js";
import { TheirOrder, useOrder } from "./order.js";
import { Row } from "./row.js";

/** @typedef {import("../../api/rules.js").Rule} Rule */

const READ_EVERY_MS = 15_000;
const FAILURES_EVERY_MS = 15_000;

export default function Rules() {
  const [making, setMaking] = useState(false);
  const flow = useAnswer(listFlow, [], { everyMs: READ_EVERY_MS });
  useShortcuts(may("create:rules") ? [{ keys: "n", says: "Make a rule", run: () => setMaking(true) }] : []);
  return html`
    <div class="head">
      <h1>Rules</h1>
      <${Action} scope="create:rules" kind="main" keys="n" run=${() => setMaking(true)}>New rule<//>
    </div>
    <p class="dim intro">A token request meets the rules that are on, from the first to the last. Drag a rule by its
      handle, or focus the handle and press ↑ or ↓.</p>
    <${Shown} of=${flow}>${(/** @type {import("../../api/rules.js").Flow} */ found) =>
      found.rules.length ? html`<${Flow} flow=${found} again=${flow.again} />` : html`
        <${Empty} title="There are no rules">
          <p>Each token has what its client grant says. A rule decides more: which claims it has, and which clients get none.</p>
          <p>
            <${Action} scope="create:rules" kind="main" run=${() => setMaking(true)}>Make the first rule<//></p>
          <//>
      `}<//>
    ${making && html`<${NewRule} close=${() => setMaking(false)} />`}
  `;
}

/** @param {{ flow: import("../../api/rules.js").Flow, again: () => void }} props */
function Flow({ flow, again }) {
  const order = useOrder(flow, again);
  const [said, setSaid] = useState("");
  const [over, setOver] = useState(-1);
  const dragged = useRef(-1);
  const shown = order.rules;
  const clients = useAnswer(namesOfClients, [], { when: may("read:clients") });
  const failures = useAnswer((signal) => lastFailures(flow.rules, signal), [flow], {
    everyMs: FAILURES_EVERY_MS,
    when: may("read:logs"),
  });
  const move = (/** @type {number} */ from, /** @type {number} */ to) => {
    if (to < 0 || to >= shown.length || to === from) return;
    order.move(from, to);
    setSaid(`${shown[from].name} is now number ${to + 1} of ${shown.length}`);
  };
  const toggle = async (/** @type {Rule} */ rule) => {
    await changeRule(rule.id, { enabled: !rule.enabled });
    tell(`${rule.name} is ${rule.enabled ? "off: tokens are made without it" : "on, from the next token"}`);
    again();
  };
  const remove = async (/** @type {Rule} */ rule) => {
    if (await deleted(rule)) again();
  };
  return html`
    <${TheirOrder} order=${order} />
    <div class="table" role="region" aria-label="Rules" tabindex="0">
      <table class="flow-table">
        <thead>
          <tr>
            <th scope="col"><span class="unseen">Place</span></th>
            <th scope="col">Rule</th>
            <th scope="col">On</th>
            <th scope="col">Version</th>
            <th scope="col">Last failure</th>
            <th scope="col" class="narrow">Power</th>
            <th scope="col" class="narrow">For</th>
            <th scope="col" class="narrow"><span class="unseen">Delete</span></th>
          </tr>
        </thead>
        <tbody onDragEnd=${() => setOver(-1)}>
          ${shown.map((rule, index) =>
            html`
              <${Row} key=${rule.id} rule=${rule} index=${index} count=${shown.length}
                failure=${failures.value?.get(rule.id)} knowsFailures=${failures.value !== undefined}
                clients=${clients.value} isOver=${over === index}
                move=${(/** @type {number} */ to) => move(index, to)}
                toggle=${() => toggle(rule)} again=${again} remove=${() => remove(rule)}
                drag=${{
                  begin: () => (dragged.current = index),
                  over: () => setOver(index),
                  drop: () => {
                    move(dragged.current, index);
                    setOver(-1);
                  },
                }} />
            `
          )}
        </tbody>
      </table>
    </div>
    <p class="unseen" role="status">${said}</p>
  `;
}

/** @param {AbortSignal} signal */
async function namesOfClients(signal) {
  const found = await listClients(signal);
  return new Map(found.map(({ client_id, name }) => [client_id, name]));
}
