import { html, useState } from "../../vendor/third-party.js";
import { post } from "../../api/client.js";
import { listed } from "../../api/lists.js";
import { Action } from "../../components/action.js";
import { FormDialog } from "../../components/form.js";
import { Said } from "../../components/said.js";
import { narrowed, Search } from "../../components/search.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { useDraft } from "../../state/edits.js";
import { at, go, part } from "../../state/router.js";
import { duration } from "../../text/numbers.js";
import { ApiFields, bodyOf, FIELDS, NEW_API } from "./fields.js";

/** The APIs that tokens are for; the management API is one of them. */
export default function Apis(/** @type {{ query: Record<string, string> }} */ { query }) {
  const apis = useAnswer((signal) => listed("/api/v2/resource-servers", { noun: "resource_servers", signal }), []);
  const [making, setMaking] = useState(false);
  return html`
    <div class="head">
      <h1>APIs</h1>
      <${Action} scope="create:resource_servers" kind="main" run=${() => setMaking(true)}>New API<//>
    </div>
    <${Shown} of=${apis}>${(/** @type {import("../../api/lists.js").Listed} */ { rows, more }) =>
      html`
        <${Search} label="Find by name, identifier or scope" value=${query.q ?? ""} />
        <${Table} label="APIs" rows=${narrowed(rows, query.q ?? "", textsOf)} keyOf=${(/** @type {any} */ row) =>
          row.id}
          href=${(/** @type {any} */ row) => at(`/apis/${part(row.id)}`)} columns=${COLUMNS}
          empty=${html`
            <${Empty} title=${rows.length ? "No API fits" : "There is no API yet"}>
              <p>An API is what a token is for: its audience. Make one, then grant it to a client.</p>
              <//>
          `} />
        ${more &&
          html`<p class="dim">These are the first ${rows.length}. The API and <code>rulemint apis list</code> have all.</p>`}
      `}<//>
    ${making && html`<${NewApi} close=${() => setMaking(false)} />`}
  `;
}

const COLUMNS = [
  { name: "Name", show: (/** @type {any} */ row) => html`<${Said} text=${row.name} most=${120} />` },
  {
    name: "Identifier (audience)",
    show: (/** @type {any} */ row) => html`<code><${Said} text=${row.identifier} most=${200} /></code>`,
  },
  {
    name: "Scopes",
    align: /** @type {"right"} */ ("right"),
    narrow: true,
    show: (/** @type {any} */ row) => row.scopes.length,
  },
  { name: "Signed by", narrow: true, show: (/** @type {any} */ row) => row.signing_alg },
  { name: "Lifetime", narrow: true, show: (/** @type {any} */ row) => duration(row.token_lifetime * 1000) },
];

/** @param {any} row */
const textsOf = (row) => [row.name, row.identifier, ...row.scopes.map((/** @type {any} */ each) => each.value)];

/** @param {{ close: () => void }} props */
function NewApi({ close }) {
  const draft = useDraft("new-api", { ...NEW_API, identifier: "" });
  const { identifier, ...api } = draft.values;
  const save = async () => {
    const { body } = await post("/api/v2/resource-servers", { ...bodyOf(api), identifier: identifier.trim() });
    go(`/apis/${part(body.id)}`);
  };
  return html`
    <${FormDialog} title="New API" yes="Make the API" fields=${FIELDS} save=${save} draft=${draft} close=${close}
      ready=${identifier.trim() !== "" && api.name.trim() !== ""}>${(/** @type {Record<string, string>} */ problems) =>
        html`
          <${ApiFields} api=${api} onChange=${draft.change} problems=${problems} identifier=${identifier}
            onIdentifier=${(/** @type {string} */ identifier) =>
              draft.change({ identifier })} scope="create:resource_servers" />
        `}<//>
  `;
}
