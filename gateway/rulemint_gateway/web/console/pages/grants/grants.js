import { html, useState } from "../../vendor/third-party.js";
import { del } from "../../api/client.js";
import { listed } from "../../api/lists.js";
import { Action } from "../../components/action.js";
import { Chips } from "../../components/chips.js";
import { Said } from "../../components/said.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { confirmed } from "../../state/questions.js";
import { part, refine } from "../../state/router.js";
import { tell } from "../../state/toasts.js";
import { plainly } from "../../text/hostile.js";
import { ChangeGrant, GrantForm } from "./grant_form.js";

/** Which client may ask for which API, with which scopes. */
export default function Grants(/** @type {{ query: Record<string, string> }} */ { query }) {
  const { client_id = "", audience = "" } = query;
  const grants = useAnswer(
    (signal) => listed("/api/v2/client-grants", { noun: "client_grants", query: { client_id, audience }, signal }),
    [client_id, audience],
  );
  const [making, setMaking] = useState(false);
  const columns = [
    {
      name: "Client",
      show: (/** @type {any} */ row) =>
        html`<a href=${`#/clients/${part(row.client_id)}`}><code><${Said} text=${row.client_id} /></code></a>`,
    },
    { name: "API", show: (/** @type {any} */ row) => html`<${Said} text=${row.audience} />` },
    {
      name: "Scopes",
      narrow: true,
      show: (/** @type {any} */ row) =>
        row.allow_all_scopes ? "all" : html`<${Said} text=${row.scope.join(" ") || "none"} most=${300} />`,
    },
    {
      name: "",
      show: (/** @type {any} */ row) =>
        html`
          <${Action} scope="update:client_grants" kind="quiet" label=${`Change the grant of ${
            plainly(row.client_id)
          } for ${plainly(row.audience)}`}
            run=${() => refine({ open: row.id })}>Change<//>
          <${Action} scope="delete:client_grants" kind="quiet" label=${`Delete the grant of ${
            plainly(row.client_id)
          } for ${plainly(row.audience)}`}
            run=${() => remove(row, grants.again)}>Delete<//>
        `,
    },
  ];
  return html`
    <div class="head">
      <h1>Grants</h1>
      <${Action} scope="create:client_grants" kind="main" run=${() => setMaking(true)}>New grant<//>
    </div>
    <${Chips} filters=${FILTERS} values=${{ client_id, audience }} onChange=${refine} />
    <${Shown} of=${grants}>${(/** @type {import("../../api/lists.js").Listed} */ { rows, more }) =>
      html`
        <${Table} label="Grants" rows=${rows} keyOf=${(/** @type {any} */ row) => row.id} columns=${columns}
          empty=${html`
            <${Empty} title="There is no such grant">
              <p>A grant lets one client ask for tokens for one API.</p>
              <//>
          `} />
        ${more && html`<p class="dim">These are the first ${rows.length}: filter by client or API.</p>`}
      `}<//>
    ${making &&
      html`<${GrantForm} client_id=${client_id} audience=${audience} close=${() =>
        setMaking(false)} saved=${grants.again} />`}
    ${query.open &&
      html`<${ChangeGrant} key=${query.open} id=${query.open} close=${() =>
        refine({ open: "" })} saved=${grants.again} />`}
  `;
}

const FILTERS = [{ name: "client_id", says: "Client id" }, { name: "audience", says: "API" }];

/**
 * @param {any} grant
 * @param {() => void} done
 */
async function remove(grant, done) {
  const breaks = [
    `${plainly(grant.client_id)} gets no token for ${plainly(grant.audience)} any more, from this moment on.`,
    "Tokens that it has stay valid until they expire.",
  ];
  if (!await confirmed({ title: "Delete the grant", breaks, name: grant.client_id, yes: "Delete" })) return;
  await del(`/api/v2/client-grants/${part(grant.id)}`);
  tell("The grant is deleted");
  done();
}
