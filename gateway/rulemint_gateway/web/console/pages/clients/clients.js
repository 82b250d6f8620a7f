import { html, useState } from "../../vendor/third-party.js";
import { listed } from "../../api/lists.js";
import { post } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Field } from "../../components/field.js";
import { FormDialog } from "../../components/form.js";
import { Once } from "../../components/once.js";
import { Said } from "../../components/said.js";
import { narrowed, Search } from "../../components/search.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { useDraft } from "../../state/edits.js";
import { at, go, part } from "../../state/router.js";
import { objectIn } from "../../text/json.js";

/** Everyone who may ask for tokens. */
export default function Clients(/** @type {{ query: Record<string, string> }} */ { query }) {
  const clients = useAnswer((signal) => listed("/api/v2/clients", { noun: "clients", signal }), []);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState(/** @type {any} */ (null));
  return html`
    <div class="head">
      <h1>Clients</h1>
      <${Action} scope="create:clients" kind="main" run=${() => setMaking(true)}>New client<//>
    </div>
    <${Shown} of=${clients}>${(/** @type {import("../../api/lists.js").Listed} */ { rows, more }) =>
      html`
        <${Search} label="Find by name, id or metadata" value=${query.q ?? ""} />
        <${Table} label="Clients" rows=${narrowed(rows, query.q ?? "", textsOf)} keyOf=${(/** @type {any} */ row) =>
          row.client_id}
          href=${(/** @type {any} */ row) => at(`/clients/${part(row.client_id)}`)} columns=${COLUMNS}
          empty=${html`
            <${Empty} title=${rows.length ? "No client fits" : "There is no client yet"}>
              <p>A client is a program that asks for tokens. Make one, then grant it an API.</p>
              <//>
          `} />
        ${more &&
          html`<p class="dim">These are the first ${rows.length}. The API and <code>rulemint clients list</code> have all.</p>`}
      `}<//>
    ${making && html`<${NewClient} close=${() => setMaking(false)} done=${setMade} />`}
    ${made && html`
      <${Once} title="The client is made" secrets=${[{ name: "Client id", value: made.client_id }, {
        name: "Client secret",
        value: made.client_secret,
      }]}
        close=${() => {
          setMade(null); // also where the address leads back here before the page has left
          go(`/clients/${part(made.client_id)}`);
        }}>
        <p>Next, grant it an API: without a grant it gets no token.</p>
        <//>
    `}
  `;
}

const COLUMNS = [
  { name: "Name", show: (/** @type {any} */ row) => html`<${Said} text=${row.name} most=${120} />` },
  {
    name: "Client id",
    show: (/** @type {any} */ row) => html`<code><${Said} text=${row.client_id} most=${64} /></code>`,
  },
  {
    name: "Description",
    narrow: true,
    show: (/** @type {any} */ row) => html`<${Said} text=${row.description} most=${160} />`,
  },
  {
    name: "Metadata",
    narrow: true,
    show: (/** @type {any} */ row) =>
      Object.keys(row.client_metadata).length > 0 &&
      html`<code><${Said} text=${row.client_metadata} most=${120} /></code>`,
  },
];

/** @param {any} row */
const textsOf = (row) => [row.name, row.client_id, row.description, JSON.stringify(row.client_metadata)];

/** @param {{ close: () => void, done: (made: any) => void }} props */
function NewClient({ close, done }) {
  const draft = useDraft("new-client", { name: "", description: "", metadata: "" });
  const { name, description, metadata } = draft.values;
  const save = async () => {
    const client_metadata = objectIn(metadata, "client_metadata");
    done((await post("/api/v2/clients", { name: name.trim(), description, client_metadata })).body);
  };
  return html`
    <${FormDialog} title="New client" yes="Make the client" fields=${[
      "name",
      "description",
      "client_metadata",
    ]} save=${save} draft=${draft}
      close=${close} ready=${name.trim() !== ""}>${(/** @type {Record<string, string>} */ problems) =>
        html`
          <${Field} label="Name" value=${name} onInput=${(/** @type {string} */ name) =>
            draft.change({ name })} problem=${problems.name} required autofocus />
          <${Field} label="Description" value=${description} onInput=${(/** @type {string} */ description) =>
            draft.change({ description })} problem=${problems
            .description} />
          <${Field} label="Metadata" lines=${4} value=${metadata} onInput=${(/** @type {string} */ metadata) =>
            draft.change({ metadata })} problem=${problems
            .client_metadata}
            hint=${'An object in JSON that rules see, such as {"plan": "gold"}'} spellcheck=${false} />
        `}<//>
  `;
}
