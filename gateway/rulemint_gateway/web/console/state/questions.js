/** A question that a person must answer before something goes on; `components/dialog.js` shows it. */

import { signal } from "../vendor/third-party.js";

/**
 * @typedef {object} Question
 * @property {string} title what is to happen, as a verb and its object: `Delete the client billing-robot`
 * @property {string[]} breaks what stops working, a sentence each
 * @property {string} [name] must be typed, for what cannot be undone
 * @property {string} [yes] the word of the button
 * @property {boolean} [danger] true unless it is said to be harmless
 */

export const question = signal(/** @type {(Question & { answer: (yes: boolean) => void }) | null} */ (null));

/**
 * Ask, and wait for the answer.
 * @param {Question} asked
 * @returns {Promise<boolean>}
 */
export function confirmed(asked) {
  question.peek()?.answer(false);
  return new Promise((resolve) => {
    question.value = {
      ...asked,
      answer: (yes) => {
        question.value = null;
        resolve(yes);
      },
    };
  });
}
