import { html } from "../../vendor/third-party.js";
import { get, post, put } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { confirmed } from "../../state/questions.js";
import { part } from "../../state/router.js";
import { tell } from "../../state/toasts.js";

/** The keys that sign tokens. */
export default function Keys() {
  const keys = useAnswer(async (signal) => (await get("/api/v2/keys/signing", { signal })).body, []);
  const columns = [
    { name: "Key id", show: (/** @type {any} */ row) => html`<code><${Said} text=${row.kid} most=${64} /></code>` },
    { name: "Algorithm", show: (/** @type {any} */ row) => row.alg },
    { name: "State", show: state },
    {
      name: "Signs since",
      narrow: true,
      show: (/** @type {any} */ row) => html`<${Moment} at=${row.current_since} />`,
    },
    {
      name: "Until",
      narrow: true,
      show: (/** @type {any} */ row) => html`<${Moment} at=${row.current_until ?? row.revoked_at} />`,
    },
    {
      name: "",
      show: (/** @type {any} */ row) =>
        row.previous && !row.revoked &&
        html`<${Action} scope="update:signing_keys" kind="quiet" label=${`Revoke the key ${row.kid}`} run=${() =>
          revoke(row, keys.again)}>Revoke<//>`,
    },
  ];
  return html`
    <div class="head">
      <h1>Signing keys</h1>
      <${Action} scope="create:signing_keys" kind="main" run=${() => rotate(keys.again)}>Rotate<//>
    </div>
    <p class="dim">APIs find them at <a href="/.well-known/jwks.json">/.well-known/jwks.json</a>. The next key is there before it signs.</p>
    <${Shown} of=${keys}>${(/** @type {any[]} */ rows) =>
      html`
        <${Table} label="Signing keys" rows=${rows} keyOf=${(/** @type {any} */ row) => row.kid} columns=${columns}
          empty=${html`
            <${Empty} title="There is no key">
              <p>The first token makes one.</p>
              <//>
          `} />
      `}<//>
  `;
}

/** @param {any} row */
function state(row) {
  const [says, kind] = row.revoked
    ? ["revoked", "bad"]
    : row.current
    ? ["signs", "good"]
    : row.next
    ? ["next", "plain"]
    : ["still valid", "warn"];
  return html`<span class=${`badge ${kind}`}>${says}</span>`;
}

/** @param {() => void} done */
async function rotate(done) {
  const breaks = [
    "The next key signs from now on, for each algorithm.",
    "Tokens that the key before signed stay valid until they expire or it is revoked.",
    "An API that keeps a copy of one key by hand refuses new tokens; one that reads the key set goes on.",
  ];
  if (!await confirmed({ title: "Rotate the signing keys", breaks, yes: "Rotate" })) return;
  await post("/api/v2/keys/signing/rotate");
  tell("The next key signs now");
  done();
}

/**
 * @param {any} key
 * @param {() => void} done
 */
async function revoke(key, done) {
  const breaks = [
    "It leaves the key set at once.",
    "APIs refuse every token that it signed, as soon as they read the key set again.",
  ];
  if (!await confirmed({ title: "Revoke a signing key", breaks, name: key.kid, yes: "Revoke" })) return;
  await put(`/api/v2/keys/signing/${part(key.kid)}/revoke`, undefined);
  tell("The key is revoked");
  done();
}
