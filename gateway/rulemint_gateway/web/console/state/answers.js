/** What a page shows of the gateway's answers: asked when it is opened, and again when something says so. */

import { useCallback, useEffect, useRef, useState } from "../vendor/third-party.js";

/**
 * @template T
 * @typedef {{ value: T | undefined, problem: import("../api/problem.js").Problem | undefined, loading: boolean, at: number, again: () => void }} Asked
 */

/**
 * Ask for something, and again each time that *inputs* change; the last value stays until the next one is there.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} ask
 * @param {unknown[]} inputs
 * @param {{ everyMs?: number, when?: boolean }} [options] `everyMs`: ask again so often, while somebody can see the page
 * @returns {Asked<T>} `at`: the time of the value, in milliseconds since 1970
 */
export function useAnswer(ask, inputs, { everyMs, when = true } = {}) {
  const [state, set] = useState(
    /** @type {Omit<Asked<T>, "again">} */ ({ value: undefined, problem: undefined, loading: when, at: 0 }),
  );
  const [round, setRound] = useState(0);
  const newest = useRef(ask);
  newest.current = ask;
  const again = useCallback(() => setRound((before) => before + 1), []);
  useEffect(() => {
    if (!when) return;
    const ending = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    set((before) => ({ ...before, loading: true }));
    const run = async () => {
      try {
        const value = await newest.current(ending.signal);
        if (!ending.signal.aborted) set({ value, problem: undefined, loading: false, at: Date.now() });
      } catch (problem) {
        if (ending.signal.aborted) return;
        set((before) => ({ ...before, problem: /** @type {any} */ (problem), loading: false }));
      }
      if (everyMs && !ending.signal.aborted) timer = setTimeout(runIfSeen, everyMs);
    };
    const runIfSeen = () => {
      if (document.hidden) {
        document.addEventListener("visibilitychange", runIfSeen, { once: true, signal: ending.signal });
      } else run();
    };
    run();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [...inputs, round, when, everyMs]);
  return { ...state, again };
}
