import { html, useState } from "../../vendor/third-party.js";
import { del, get, patch } from "../../api/client.js";
import { listed } from "../../api/lists.js";
import { Action } from "../../components/action.js";
import { ChangedSince } from "../../components/changed_since.js";
import { Copied } from "../../components/copied.js";
import { DraftNote } from "../../components/draft_note.js";
import { Field } from "../../components/field.js";
import { placed } from "../../components/form.js";
import { Said } from "../../components/said.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { useEdits } from "../../state/edits.js";
import { confirmed } from "../../state/questions.js";
import { at, go, part } from "../../state/router.js";
import { may } from "../../state/session.js";
import { tell } from "../../state/toasts.js";
import { plainly } from "../../text/hostile.js";
import { objectIn, pretty } from "../../text/json.js";
import { Secrets } from "./secrets.js";
import { Snippets } from "./snippets.js";

const FIELDS = ["name", "description", "client_metadata"];

/** One client: what it is called, what it may ask for, its secrets, and how it gets a token. */
export default function Client(/** @type {{ params: Record<string, string> }} */ { params }) {
  const path = `/api/v2/clients/${part(params.id)}`;
  const client = useAnswer((signal) => get(path, { signal }), [params.id]);
  const grants = useAnswer(
    (signal) => listed("/api/v2/client-grants", { noun: "client_grants", query: { client_id: params.id }, signal }),
    [params.id],
    { when: may("read:client_grants") },
  );
  return html`<${Shown} of=${client}>${(/** @type {import("../../api/client.js").Answer} */ { body, etag }) =>
    html`
      <div class="head">
        <h1>
          <${Said} text=${body.name} most=${120} />
        </h1>
        <${Action} scope="delete:clients" kind="danger" run=${() => remove(body, grants.value?.rows ?? [])}>Delete<//>
      </div>
      <p>Client id <${Copied} text=${body.client_id} what="the client id" /></p>
      <div class="columns">
        <section class="card" aria-label="Name and metadata">
          <${Details} key=${etag} client=${body} etag=${etag} path=${path} saved=${client.again} />
        </section>
        <section class="card"><h2>May ask for</h2><${Grants} of=${grants} id=${params.id} /></section>
        <section class="card"><h2>Secrets</h2><${Secrets} client=${body} path=${path} /></section>
        <section class="card all-columns"><h2>Get a token</h2>
          <${Snippets} clientId=${body.client_id} audiences=${(grants.value?.rows ?? []).map((each) =>
            each.audience
          )} />
        </section>
      </div>
    `}<//>`;
}

const NAMES = { name: "Name", description: "Description", metadata: "Metadata" };

/** @param {any} client */
const valuesOf = ({ name, description, client_metadata }) => ({ name, description, metadata: pretty(client_metadata) });

/** @param {{ client: any, etag: string | null, path: string, saved: () => void }} props */
function Details({ client, etag, path, saved }) {
  const edits = useEdits(`client/${client.client_id}`, { etag, values: valuesOf(client) });
  const { name, description, metadata } = edits.values;
  const [problem, setProblem] = useState({ field: "", text: "" });
  const save = async () => {
    try {
      const client_metadata = changesTo(client.client_metadata, objectIn(metadata, "client_metadata"));
      await patch(path, { name: name.trim(), description, client_metadata }, { ifMatch: edits.etag });
      edits.drop();
      tell("Saved");
      saved();
    } catch (error) {
      if (!(/** @type {any} */ (error).changedSince)) return setProblem(placed(error, FIELDS));
      const newest = await get(path);
      edits.meet({ etag: newest.etag, values: valuesOf(newest.body) });
    }
  };
  const about = (/** @type {string} */ field) => problem.field === field ? problem.text : "";
  return html`
    <${Field} label="Name" value=${name} onInput=${(/** @type {string} */ name) => edits.change({ name })}
      scope="update:clients" problem=${about("name")} />
    <${Field} label="Description" value=${description} scope="update:clients" problem=${about("description")}
      onInput=${(/** @type {string} */ description) => edits.change({ description })} />
    <${Field} label="Metadata" lines=${6} value=${metadata} scope="update:clients" spellcheck=${false}
      onInput=${(/** @type {string} */ metadata) => edits.change({ metadata })}
      problem=${about("client_metadata")} hint="An object in JSON; rules see it as client.metadata" />
    ${problem.text && !problem.field && html`
      <p class="wrong" role="alert">
        <${Said} text=${problem.text} />
      </p>
    `}
    <${ChangedSince} edits=${edits} names=${NAMES} />
    <${DraftNote} edits=${edits} />
    <${Action} scope="update:clients" kind="main" disabled=${!edits.changed || !name.trim() ||
      edits.theirs} run=${save}>Save<//>
  `;
}

/**
 * The change of metadata from *before* to *after*: a key that is left out stays, so one that goes is sent as null.
 * @param {Record<string, unknown>} before
 * @param {Record<string, unknown>} after
 */
function changesTo(before, after) {
  const gone = Object.keys(before).filter((key) => !(key in after)).map((key) => [key, null]);
  return { ...after, ...Object.fromEntries(gone) };
}

/** @param {{ of: import("../../state/answers.js").Asked<import("../../api/lists.js").Listed>, id: string }} props */
function Grants({ of, id }) {
  if (!may("read:client_grants")) {
    return html`<p class="dim">This session needs read:client_grants to see its grants.</p>`;
  }
  return html`
    <${Shown} of=${of}>${(/** @type {import("../../api/lists.js").Listed} */ { rows }) =>
      html`
        <${Table} label="Grants of this client" rows=${rows} keyOf=${(/** @type {any} */ row) => row.id}
          href=${(/** @type {any} */ row) => at("/grants", { client_id: id, open: row.id })}
          columns=${[
            { name: "API", show: (/** @type {any} */ row) => html`<${Said} text=${row.audience} />` },
            {
              name: "Scopes",
              show: (/** @type {any} */ row) =>
                row.allow_all_scopes ? "all" : html`<${Said} text=${row.scope.join(" ") || "none"} most=${300} />`,
            },
          ]}
          empty=${html`
            <${Empty} title="It may ask for no API">
              <p>Without a grant it gets no token.</p>
              <//>
          `} />
      `}<//>
    <p><a class="action" href=${at("/grants", { client_id: id })}>Its grants</a></p>
  `;
}

/**
 * @param {any} client
 * @param {any[]} grants
 */
async function remove(client, grants) {
  const breaks = [
    "It gets no token any more, from this moment on. Tokens that it has stay valid until they expire.",
    "Its secrets and its tapes are deleted.",
    ...(grants.length ? [`Its grants go with it: ${grants.map((each) => plainly(each.audience)).join(", ")}.`] : []),
  ];
  const sure = await confirmed({
    title: `Delete the client ${plainly(client.name)}`,
    breaks,
    name: client.client_id,
    yes: "Delete",
  });
  if (!sure) return;
  await del(`/api/v2/clients/${part(client.client_id)}`);
  tell("The client is deleted");
  go("/clients");
}
