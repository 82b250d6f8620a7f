import { html } from "../../vendor/third-party.js";

export default function Overview() {
  return html`<h1>Overview</h1>`;
}
