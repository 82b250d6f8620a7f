/** A trial that runs when somebody asks for it, and by itself while the rule is quick. */

import { useEffect, useRef, useState } from "../vendor/third-party.js";
import { loaded, tried } from "../api/trials.js";
import { complain } from "./toasts.js";

/** @typedef {import("../api/trials.js").Trial} Trial */
/** @typedef {import("../api/trials.js").Inputs} Inputs */

/** Longer, and a rule is tried only when somebody asks for it. */
const QUICK_MS = 700;
const AFTER_MS = 450;
const BUSY = 503;

/**
 * @typedef {import("../api/trials.js").Load} Load
 * @typedef {{ body?: Inputs & Record<string, any>, check?: Record<string, any>, text?: string }} Wanted
 *   `body`: of a trial; `check`: of a check, which is asked if there is no trial or if that fails; `text`: of the rule
 * @typedef {{ trial: Trial | null, load: Load | null, of: Wanted }} Found
 * @typedef {{ trial: Trial | null, of: Wanted | null, checked: Found | null, running: boolean, problem: any, slow: boolean, run: () => Promise<void> }} Trying
 */

/**
 * @param {() => Wanted | null} wanted what is to be tried now if somebody asks; null: nothing can be
 * @param {() => Wanted | null} byItself the same while somebody writes
 * @param {unknown[]} inputs each change of these has it tried by itself
 * @returns {Trying}
 */
export function useTrial(wanted, byItself, inputs) {
  const [state, set] = useState(
    /** @type {Omit<Trying, "run">} */ ({
      trial: null,
      of: null,
      checked: null,
      running: false,
      problem: null,
      slow: false,
    }),
  );
  const current = useRef(/** @type {AbortController | null} */ (null));
  const newest = useRef({ wanted, byItself, slow: false });
  newest.current = { wanted, byItself, slow: state.slow };
  const run = async (/** @type {Wanted | null} */ what, /** @type {boolean} */ asked) => {
    current.current?.abort();
    if (!what) return;
    const ending = current.current = new AbortController();
    set((before) => ({ ...before, running: true }));
    try {
      const { trial, load } = await found(what, ending.signal);
      if (ending.signal.aborted) return;
      const checked = { trial, load, of: what };
      set((before) => ({
        ...before,
        ...(trial ? { trial, of: what, slow: trial.duration_ms > QUICK_MS } : {}),
        checked,
        running: false,
        problem: null,
      }));
    } catch (problem) {
      if (ending.signal.aborted) return;
      const busy = !asked && /** @type {any} */ (problem).status === BUSY;
      set((before) => ({ ...before, running: false, problem: busy ? null : problem }));
      if (asked) complain(problem);
    }
  };
  useEffect(() => {
    const timer = setTimeout(() => run(newest.current.byItself(), false), AFTER_MS);
    return () => clearTimeout(timer);
  }, inputs);
  useEffect(() => () => current.current?.abort(), []);
  return { ...state, run: () => run(newest.current.wanted(), true) };
}

/**
 * A trial that failed does not say whether the text loads, so a check does.
 * @param {Wanted} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<{ trial: Trial | null, load: Load | null }>}
 */
async function found({ body, check }, signal) {
  const trial = body ? await tried(body, signal) : null;
  if (!check || (trial && !trial.outcome.startsWith("failed:"))) return { trial, load: null };
  if (!trial) return { trial, load: await loaded(check, signal) };
  return { trial, load: await loaded(check, signal).catch(() => null) }; // what the trial says is there in any case
}
