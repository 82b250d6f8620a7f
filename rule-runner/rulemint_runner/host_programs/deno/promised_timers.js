/** The promises of Node's timers: one never settles once the invocation is over that asked for it. */

import { nextTimer, nowMs, timerFired } from "./clock.js";
import { isReplayed } from "./draws.js";
import { starter } from "./invocation.js";
import { taped } from "./replayed_timers.js";
import { moved, whenAtRest } from "./rests.js";

/** @import { Invocation } from "./invocation.js" */
/** @typedef {(...args: any[]) => any} Start */

export const MAX_MS = 2 ** 31 - 1;

/**
 * The delay that Node makes of *given*, in ms.
 *
 * @param {unknown} given
 */
export function delayOf(given) {
  const delay = Number(given);
  return delay >= 1 && delay <= MAX_MS ? Math.trunc(delay) : 1;
}

/**
 * *start*, whose promise never settles once the invocation is over that asked for it. *moves*: so does the clock.
 *
 * @param {Start} start
 * @param {boolean} moves
 * @returns {Start}
 */
export function settlingInTime(start, moves) {
  return async (...args) => {
    const invocation = starter();
    const due = moves ? nowMs() + delayOf(args[0]) : 0;
    const number = moves ? nextTimer() : 0;
    try {
      return await start(...args);
    } finally {
      if (invocation?.isOver) await never();
      if (moves) await fired(invocation, number, due);
    }
  };
}

/**
 * The clock moves, once the tape of a replay has it do so; never if *invocation* is over by then.
 *
 * @param {Invocation | undefined} invocation
 * @param {number} number
 * @param {number} due
 */
async function fired(invocation, number, due) {
  if (isReplayed()) await taped(number);
  /** @type {Promise<void>} */
  const given = new Promise((given) =>
    whenAtRest(() => {
      if (invocation?.isOver) return;
      moved();
      timerFired(number, due);
      given();
    })
  );
  await given;
}

function never() {
  return new Promise(() => {});
}

/**
 * What is changed of `node:timers` when it is first asked for.
 *
 * @param {any} module
 * @param {(name: string) => any} load
 */
export function changeTimers(module, load) {
  const { setTimeout, setInterval, setImmediate } = globalThis;
  const promises = changePromises(module.promises);
  Object.assign(module, { setTimeout, setInterval, setImmediate, promises });
  changePromises(load("timers/promises"));
}

const changed = new WeakSet();

/**
 * What is changed of `node:timers/promises`.
 *
 * @param {any} module
 */
export function changePromises(module) {
  if (changed.has(module)) return module;
  changed.add(module);
  const { setTimeout, setInterval, setImmediate, scheduler } = module;
  return Object.assign(module, {
    setTimeout: settlingInTime(setTimeout, true),
    setImmediate: settlingInTime(setImmediate, false),
    setInterval: (/** @type {any[]} */ ...args) => ticksInTime(setInterval(...args)),
    scheduler: Object.assign(Object.create(Object.getPrototypeOf(scheduler)), {
      wait: settlingInTime(scheduler.wait.bind(scheduler), true),
      yield: settlingInTime(scheduler.yield.bind(scheduler), false),
    }),
  });
}

/** @param {AsyncGenerator<unknown, void>} ticks */
function ticksInTime(ticks) {
  const invocation = starter();
  const number = nextTimer();
  return (async function* () {
    for await (const tick of ticks) {
      if (invocation?.isOver) {
        await ticks.return();
        await never();
      }
      await fired(invocation, number, 0);
      yield tick;
    }
  })();
}
