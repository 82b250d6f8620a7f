import { listFlow, orderFlow } from "../../api/rules.js";
import { Action } from "../../components/action.js";
import { Said } from "../../components/said.js";
import { Table } from "../../components/table.js";
import { moved, rebased, sideBySide } from "../../state/flow_order.js";
import { complain, tell } from "../../state/toasts.js";
import { html, useEffect, useRef, useState } from "../../vendor/third-party.js";

/**
 * @typedef {import("../../api/rules.js").Rule} Rule
 * @typedef {import("../../api/rules.js").Flow} Flow
 * @typedef {Flow & { saved: boolean }} Wanted `etag`: of the order that it was begun on
 * @typedef {object} Order
 * @property {Rule[]} rules as they are wanted
 * @property {Flow | null} theirs the order that somebody else has saved since, until a person has decided
 * @property {(from: number, to: number) => void} move
 * @property {() => void} keepMine
 * @property {() => void} takeTheirs
 */

const SAVED_AFTER_MS = 700;

/**
 * The order as a person changes it. It is saved as one request once nobody has changed it for a moment, or when the
 * page is left. If somebody else was first, nothing is saved until the person has decided.
 * @param {Flow} flow as it was read last
 * @param {() => void} again
 * @returns {Order}
 */
export function useOrder(flow, again) {
  const [wanted, setWanted] = useState(/** @type {Wanted | null} */ (null));
  const [theirs, setTheirs] = useState(/** @type {Flow | null} */ (null));
  const [saving, setSaving] = useState(false);
  const unsaved = useRef(/** @type {Wanted | null} */ (null));
  unsaved.current = wanted && !wanted.saved && !theirs && !saving ? wanted : null;

  const save = async (/** @type {Wanted} */ sent) => {
    setSaving(true);
    try {
      const etag = await orderFlow(sent.rules, sent.etag);
      setWanted((now) => now && { ...now, etag, saved: now.rules === sent.rules });
      tell("The flow has its new order, from the next token");
      again();
    } catch (error) {
      const problem = /** @type {import("../../api/problem.js").Problem} */ (error);
      const found = wasChanged(problem) ? await listFlow().catch(complained) : complained(problem);
      if (found) setTheirs(found);
      else setWanted(null);
    } finally {
      setSaving(false);
    }
  };
  useEffect(() => setWanted((now) => now?.saved ? null : now), [flow]);
  useEffect(() => {
    const waiting = unsaved.current;
    if (!waiting) return;
    const timer = setTimeout(() => save(waiting), SAVED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [wanted, theirs, saving]);
  useEffect(() => () => {
    if (unsaved.current) orderFlow(unsaved.current.rules, unsaved.current.etag).catch(complain);
  }, []);

  const rules = wanted?.rules ?? flow.rules;
  return {
    rules,
    theirs,
    move: (from, to) => setWanted({ rules: moved(rules, from, to), etag: wanted?.etag ?? flow.etag, saved: false }),
    keepMine: () => {
      if (theirs) setWanted({ rules: rebased(rules, theirs.rules), etag: theirs.etag, saved: false });
      setTheirs(null);
    },
    takeTheirs: () => {
      if (theirs) setWanted({ ...theirs, saved: true });
      setTheirs(null);
      again();
    },
  };
}

/** @param {import("../../api/problem.js").Problem} problem */
function wasChanged({ changedSince, code }) {
  return changedSince || code === "flow_differs";
}

/** @param {unknown} error */
function complained(error) {
  complain(error);
  return null;
}

/**
 * The order that somebody else has saved, next to the one that is wanted here. A person decides.
 * @param {{ order: Order }} props
 */
export function TheirOrder({ order: { theirs, rules, keepMine, takeTheirs } }) {
  if (!theirs) return null;
  const mine = rebased(rules, theirs.rules);
  const name = (/** @type {boolean} */ differs, /** @type {string} */ text) =>
    differs ? html`<b><${Said} text=${text} most=${100} /></b>` : html`<${Said} text=${text} most=${100} />`;
  const columns = [
    { name: "Place", show: (/** @type {any} */ row) => row.place },
    { name: "Theirs", show: (/** @type {any} */ row) => name(row.differs, row.theirs) },
    { name: "Yours", show: (/** @type {any} */ row) => name(row.differs, row.mine) },
  ];
  return html`
    <div class="failure" role="alert">
      <p>Somebody has changed the flow since you read it. Nothing of theirs is overwritten yet.</p>
      <${Table} label="Both orders" rows=${sideBySide(theirs.rules, mine)}
        keyOf=${(/** @type {any} */ row) => row.place} columns=${columns} />
      <p class="actions">
        <${Action} run=${takeTheirs}>Take theirs<//>
        <${Action} run=${keepMine}>Go on with yours<//>
      </p>
    </div>
  `;
}
