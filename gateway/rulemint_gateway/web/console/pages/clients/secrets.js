import { html, useState } from "../../vendor/third-party.js";
import { del, get, post } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Choice } from "../../components/choice.js";
import { Field } from "../../components/field.js";
import { FormDialog } from "../../components/form.js";
import { Moment } from "../../components/moment.js";
import { Once } from "../../components/once.js";
import { Said } from "../../components/said.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { useDraft } from "../../state/edits.js";
import { confirmed } from "../../state/questions.js";
import { part } from "../../state/router.js";
import { may } from "../../state/session.js";
import { tell } from "../../state/toasts.js";
import { plainly } from "../../text/hostile.js";

/** How long a secret that is replaced may still be used. */
const OVERLAPS = [
  { value: "", says: "Leave the others as they are" },
  { value: "3600", says: "The others expire in an hour" },
  { value: "86400", says: "The others expire in a day" },
  { value: "604800", says: "The others expire in a week" },
];

/**
 * The secrets of a client. Their values are shown once, when they are made.
 * @param {{ client: any, path: string }} props `path` of the client
 */
export function Secrets({ client, path }) {
  const secrets = useAnswer(async (signal) => (await get(`${path}/secrets`, { signal })).body, [path], {
    when: may("read:client_keys"),
  });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState(/** @type {any} */ (null));
  if (!may("read:client_keys")) return html`<p class="dim">This session needs read:client_keys to see them.</p>`;
  const columns = [
    { name: "Name", show: (/** @type {any} */ row) => html`<${Said} text=${row.name} most=${80} />` },
    {
      name: "Last used",
      show: (/** @type {any} */ row) => html`<${Moment} at=${row.last_used_at} distance=${true} />`,
    },
    { name: "Expires", show: (/** @type {any} */ row) => html`<${Moment} at=${row.expires_at} />` },
    {
      name: "",
      show: (/** @type {any} */ row) =>
        html`
          <${Action} scope="delete:client_keys" kind="quiet" label=${`Revoke the secret ${plainly(row.name)}`}
            run=${() => revoke(client, row, path, secrets.again)}>Revoke<//>
        `,
    },
  ];
  return html`
    <${Shown} of=${secrets}>${(/** @type {any[]} */ rows) =>
      html`
        <${Table} label="Secrets" rows=${rows} keyOf=${(/** @type {any} */ row) => row.name} columns=${columns}
          empty=${html`
            <${Empty} title="It has no secret">
              <p>It cannot sign in until it has one.</p>
              <//>
          `} />
      `}<//>
    <p class="actions">
      <${Action} scope="create:client_keys" run=${() => setMaking(true)}>New secret<//>
      <${Action} scope="update:client_keys" kind="danger" run=${async () => {
        const rotated = await rotate(client, path);
        if (rotated) setMade({ name: "", client_secret: rotated.client_secret });
      }}>Rotate<//>
    </p>
    ${making && html`<${NewSecret} path=${path} close=${() => setMaking(false)} done=${setMade} />`}
    ${made && html`
      <${Once} title="The secret is made" secrets=${[{ name: "Client secret", value: made.client_secret }]}
        close=${() => {
          setMade(null);
          secrets.again();
        }} />
    `}
  `;
}

/** @param {{ path: string, close: () => void, done: (made: any) => void }} props */
function NewSecret({ path, close, done }) {
  const draft = useDraft(`new-secret/${path}`, { name: "", overlap: "" });
  const { name, overlap } = draft.values;
  const save = async () => {
    const body = { ...(name.trim() && { name: name.trim() }), ...(overlap && { others_expire_in: Number(overlap) }) };
    done((await post(`${path}/secrets`, body)).body);
  };
  return html`
    <${FormDialog} title="New secret" yes="Make the secret" fields=${[
      "name",
      "others_expire_in",
    ]} save=${save} draft=${draft}
      close=${close}>
      ${(/** @type {Record<string, string>} */ problems) =>
        html`
          <${Field} label="Name" value=${name} onInput=${(/** @type {string} */ name) =>
            draft.change({ name })} problem=${problems.name} hint="Empty: one is made up"
            autofocus />
          <${Choice} label="The secrets that it has" value=${overlap} options=${OVERLAPS} onChange=${(
            /** @type {string} */ overlap,
          ) => draft.change({ overlap })}
            problem=${problems.others_expire_in} />
        `}<//>
  `;
}

/**
 * @param {any} client
 * @param {any} secret
 * @param {string} path
 * @param {() => void} done
 */
async function revoke(client, secret, path, done) {
  const breaks = ["Programs that sign in with this secret get no token from this moment on."];
  const title = `Revoke a secret of ${plainly(client.name)}`;
  if (!await confirmed({ title, breaks, name: secret.name, yes: "Revoke" })) return;
  await del(`${path}/secrets/${part(secret.name)}`);
  tell("The secret is revoked");
  done();
}

/**
 * @param {any} client
 * @param {string} path
 */
async function rotate(client, path) {
  const breaks = [
    "All secrets that it has stop working at once. “New secret” lets the old ones work for a while.",
    "Programs get no token until they have the new one.",
  ];
  const title = `Rotate the secret of ${plainly(client.name)}`;
  if (!await confirmed({ title, breaks, name: client.client_id, yes: "Rotate" })) return null;
  return (await post(`${path}/rotate-secret`)).body;
}
