import { html } from "../../vendor/third-party.js";
import { del, get } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { confirmed } from "../../state/questions.js";
import { part } from "../../state/router.js";
import { signOut } from "../../state/session.js";
import { tell } from "../../state/toasts.js";
import { plainly } from "../../text/hostile.js";

/** Who is signed in to this tenant's console. */
export default function Sessions() {
  const sessions = useAnswer(async (signal) => (await get("/console/api/sessions", { signal })).body, []);
  const columns = [
    {
      name: "Who",
      show: (/** @type {any} */ row) =>
        html`<${Said} text=${row.subject} most=${120} />${" "}${
          row.current && html`
            <span class="badge good">this one</span>
          `
        }`,
    },
    { name: "By", show: (/** @type {any} */ row) => html`<${Said} text=${row.way} class="whole" />` },
    { name: "From", narrow: true, show: (/** @type {any} */ row) => html`<${Said} text=${row.ip} class="whole" />` },
    {
      name: "Browser",
      narrow: true,
      show: (/** @type {any} */ row) => html`<${Said} text=${row.user_agent} most=${80} />`,
    },
    { name: "Began", narrow: true, show: (/** @type {any} */ row) => html`<${Moment} at=${row.created_at} />` },
    {
      name: "Last used",
      show: (/** @type {any} */ row) => html`<${Moment} at=${row.last_used_at} distance=${true} />`,
    },
    { name: "Ends", narrow: true, show: (/** @type {any} */ row) => html`<${Moment} at=${row.expires_at} />` },
    {
      name: "",
      show: (/** @type {any} */ row) =>
        html`
          <${Action} scope=${row.current ? undefined : "delete:sessions"} kind="quiet"
            label=${row.current ? "Sign out" : `Revoke the session of ${plainly(row.subject)}`}
            run=${() => row.current ? signOut() : revoke(row, sessions.again)}>${row.current
              ? "Sign out"
              : "Revoke"}<//>
        `,
    },
  ];
  return html`
    <div class="head">
      <h1>Sessions</h1>
    </div>
    <${Shown} of=${sessions}>${(/** @type {any[]} */ rows) =>
      html`
        <${Table} label="Sessions" rows=${rows} keyOf=${(/** @type {any} */ row) => row.id} columns=${columns}
          empty=${html`<${Empty} title="Nobody is signed in" />`} />
      `}<//>
  `;
}

/**
 * @param {any} session
 * @param {() => void} done
 */
async function revoke(session, done) {
  const breaks = ["Its page is signed out at its next call. What is unsaved there stays in that browser."];
  if (!await confirmed({ title: `Revoke the session of ${plainly(session.subject)}`, breaks, yes: "Revoke" })) return;
  await del(`/console/api/sessions/${part(session.id)}`);
  tell("The session is revoked");
  done();
}
