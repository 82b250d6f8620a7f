import { html, useState } from "../../vendor/third-party.js";
import { del, get, patch } from "../../api/client.js";
import { listed } from "../../api/lists.js";
import { Action } from "../../components/action.js";
import { ChangedSince } from "../../components/changed_since.js";
import { Copied } from "../../components/copied.js";
import { DraftNote } from "../../components/draft_note.js";
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
import { several } from "../../text/numbers.js";
import { ApiFields, bodyOf, FIELDS, writtenOf } from "./fields.js";

/** One API: its scopes, how its tokens are signed, and who may ask for them. */
export default function Api(/** @type {{ params: Record<string, string> }} */ { params }) {
  const path = `/api/v2/resource-servers/${part(params.id)}`;
  const api = useAnswer((signal) => get(path, { signal }), [params.id]);
  const audience = api.value?.body.identifier;
  const grants = useAnswer(
    (signal) => listed("/api/v2/client-grants", { noun: "client_grants", query: { audience }, signal }),
    [audience],
    { when: Boolean(audience) && may("read:client_grants") },
  );
  return html`<${Shown} of=${api}>${(/** @type {import("../../api/client.js").Answer} */ { body, etag }) =>
    html`
      <div class="head">
        <h1>
          <${Said} text=${body.name} most=${120} />
        </h1>
        <${Action} scope="delete:resource_servers" kind="danger" disabled=${body.is_system}
          title=${body.is_system ? "The management API cannot be deleted" : undefined}
          run=${() => remove(body, grants.value?.rows.length ?? 0)}>Delete<//>
      </div>
      <p>Identifier <${Copied} text=${body.identifier} what="the identifier" /></p>
      <div class="columns">
        <section class="card" aria-label="Scopes and tokens">
          <${Details} key=${etag} record=${body} etag=${etag} path=${path} saved=${api.again} />
        </section>
        <section class="card"><h2>Granted to</h2>
          ${may("read:client_grants")
            ? html`<${Shown} of=${grants}>${(/** @type {import("../../api/lists.js").Listed} */ { rows }) =>
              html`
                <${Table} label="Clients with a grant" rows=${rows} keyOf=${(/** @type {any} */ row) => row.id}
                  href=${(/** @type {any} */ row) => at(`/clients/${part(row.client_id)}`)} columns=${GRANTED}
                  empty=${html`
                    <${Empty} title="No client may ask for it">
                      <p>Grant it to a client, which then gets tokens for it.</p>
                      <//>
                  `} />
              `}<//>`
            : html`<p class="dim">This session needs read:client_grants to see them.</p>`}
          <p><a class="action" href=${at("/grants", { audience: body.identifier })}>Its grants</a></p>
        </section>
      </div>
    `}<//>`;
}

const GRANTED = [
  { name: "Client", show: (/** @type {any} */ row) => html`<code><${Said} text=${row.client_id} /></code>` },
  {
    name: "Scopes",
    show: (/** @type {any} */ row) =>
      row.allow_all_scopes ? "all" : html`<${Said} text=${row.scope.join(" ") || "none"} most=${300} />`,
  },
];

const NAMES = {
  name: "Name",
  scopes: "Scopes",
  signing_alg: "Signed by",
  token_lifetime: "Lifetime",
  enforce_grant_scopes: "No scope beyond the grant",
};

/** @param {{ record: any, etag: string | null, path: string, saved: () => void }} props */
function Details({ record, etag, path, saved }) {
  const edits = useEdits(`api/${record.id}`, { etag, values: writtenOf(record) });
  const [problem, setProblem] = useState({ field: "", text: "" });
  const save = async () => {
    try {
      const { scopes, ...rest } = bodyOf(edits.values);
      await patch(path, record.is_system ? rest : { ...rest, scopes }, { ifMatch: edits.etag });
      edits.drop();
      tell("Saved");
      saved();
    } catch (error) {
      if (!(/** @type {any} */ (error).changedSince)) return setProblem(placed(error, FIELDS));
      const newest = await get(path);
      edits.meet({ etag: newest.etag, values: writtenOf(newest.body) });
    }
  };
  return html`
    <${ApiFields} api=${edits.values} onChange=${edits.change} scope="update:resource_servers"
      problems=${problem.field ? { [problem.field]: problem.text } : {}} />
    ${problem.text && !problem.field && html`
      <p class="wrong" role="alert">
        <${Said} text=${problem.text} />
      </p>
    `}
    <${ChangedSince} edits=${edits} names=${NAMES} />
    <${DraftNote} edits=${edits} />
    <${Action} scope="update:resource_servers" kind="main" run=${save}
      disabled=${!edits.changed || !edits.values.name.trim() || edits.theirs}>Save<//>
  `;
}

/**
 * @param {any} api
 * @param {number} grants
 */
async function remove(api, grants) {
  const breaks = [
    "No client gets a token for it any more, from this moment on.",
    ...(grants ? [`${several(grants, "grant")} for it go with it.`] : []),
    "Rules that are bound to it do not run any more.",
  ];
  if (!await confirmed({ title: `Delete the API ${plainly(api.name)}`, breaks, name: api.identifier, yes: "Delete" })) {
    return;
  }
  await del(`/api/v2/resource-servers/${part(api.id)}`);
  tell("The API is deleted");
  go("/apis");
}
