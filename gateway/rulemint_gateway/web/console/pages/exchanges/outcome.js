import { html } from "../../vendor/third-party.js";
import { Said } from "../../components/said.js";

/**
 * How a token request ended.
 * @param {{ outcome: string }} props
 */
export function Outcome({ outcome }) {
  return html`<span class=${`badge ${lookOf(outcome)}`}><${Said} text=${
    outcome.replace(":", ": ")
  } most=${60} /></span>`;
}

/** @param {string} outcome */
export function lookOf(outcome) {
  if (outcome === "granted") return "good";
  return outcome.startsWith("failed") ? "bad" : "warn";
}
