import { html, useState } from "../../vendor/third-party.js";
import { call, patch, post } from "../../api/client.js";
import { listed } from "../../api/lists.js";
import { Action } from "../../components/action.js";
import { Field } from "../../components/field.js";
import { FormDialog } from "../../components/form.js";
import { Moment } from "../../components/moment.js";
import { Once } from "../../components/once.js";
import { Said } from "../../components/said.js";
import { narrowed, Search } from "../../components/search.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { useDraft } from "../../state/edits.js";
import { confirmed } from "../../state/questions.js";
import { part } from "../../state/router.js";
import { session } from "../../state/session.js";
import { tell } from "../../state/toasts.js";
import { counted } from "../../text/numbers.js";

/** The tenants of this installation: each has its own clients, APIs, rules and keys. */
export default function Tenants(/** @type {{ query: Record<string, string> }} */ { query }) {
  const tenants = useAnswer((signal) => listed("/api/v2/tenants", { noun: "tenants", signal }), []);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState(/** @type {any} */ (null));
  const columns = [
    {
      name: "Name",
      show: (/** @type {any} */ row) =>
        html`<${Said} text=${row.name} />${" "}${
          row.name === session.value?.tenant && html`
            <span class="badge plain">this one</span>
          `
        }`,
    },
    { name: "Issuer", show: (/** @type {any} */ row) => html`<code><${Said} text=${row.issuer} /></code>` },
    {
      name: "Hosts",
      narrow: true,
      show: (/** @type {any} */ row) => html`<${Said} text=${row.hosts.join(" ")} most=${200} />`,
    },
    { name: "State", show: state },
    { name: "", show: (/** @type {any} */ row) => html`<${Changes} tenant=${row} done=${tenants.again} />` },
  ];
  return html`
    <div class="head">
      <h1>Tenants</h1>
      <${Action} scope="create:tenants" kind="main" run=${() => setMaking(true)}>New tenant<//>
    </div>
    <${Shown} of=${tenants}>${(/** @type {import("../../api/lists.js").Listed} */ { rows, more }) =>
      html`
        <${Search} label="Find by name, issuer or host" value=${query.q ?? ""} />
        <${Table} label="Tenants" rows=${narrowed(rows, query.q ?? "", textsOf)} keyOf=${(/** @type {any} */ row) =>
          row.name} columns=${columns}
          empty=${html`<${Empty} title="No tenant fits" />`} />
        ${more && html`<p class="dim">These are the first ${rows.length}.</p>`}
      `}<//>
    ${making && html`<${NewTenant} close=${() => setMaking(false)} done=${setMade} />`}
    ${made?.administrator && html`<${Administrator} tenant=${made} close=${() => {
      setMade(null);
      tenants.again();
    }} />`}
  `;
}

/** @param {any} row */
const textsOf = (row) => [row.name, row.issuer, ...row.hosts];

/** @param {any} row */
function state(row) {
  if (row.deletes_at) return html`<span class="badge bad">deleted at</span> <${Moment} at=${row.deletes_at} />`;
  return row.disabled ? html`<span class="badge warn">disabled</span>` : html`<span class="badge good">serves</span>`;
}

/** @param {{ tenant: any, done: () => void }} props */
function Changes({ tenant, done }) {
  const path = `/api/v2/tenants/${part(tenant.name)}`;
  if (tenant.deletes_at) {
    const restore = async () => {
      await post(`${path}/restore`);
      tell("The tenant is restored");
      done();
    };
    return html`<${Action} scope="delete:tenants" kind="quiet" label=${`Restore the tenant ${tenant.name}`} run=${restore}>Restore<//>`;
  }
  const own = tenant.name === session.value?.tenant;
  return html`
    <${Action} scope="update:tenants" kind="quiet" disabled=${own} run=${() => enable(tenant, path, done)}
      label=${`${tenant.disabled ? "Enable" : "Disable"} the tenant ${tenant.name}`}
      title=${own ? "You are signed in here" : undefined}>${tenant.disabled ? "Enable" : "Disable"}<//>
    <${Action} scope="delete:tenants" kind="quiet" disabled=${own} run=${() => remove(tenant, path, done)}
      label=${`Delete the tenant ${tenant.name}`} title=${own ? "You are signed in here" : undefined}>Delete<//>
  `;
}

/**
 * @param {any} tenant
 * @param {string} path
 * @param {() => void} done
 */
async function enable(tenant, path, done) {
  const breaks = ["Its clients get no tokens, and nobody can manage it, until it is enabled again."];
  if (
    !tenant.disabled &&
    !await confirmed({ title: `Disable the tenant ${tenant.name}`, breaks, name: tenant.name, yes: "Disable" })
  ) return;
  await patch(path, { disabled: !tenant.disabled });
  tell(tenant.disabled ? "The tenant is enabled" : "The tenant is disabled");
  done();
}

/**
 * @param {any} tenant
 * @param {string} path
 * @param {() => void} done
 */
async function remove(tenant, path, done) {
  const { body } = await call("DELETE", path, undefined, { query: { dry_run: true } });
  const parts = Object.entries(body.contents).filter(([, count]) => Number(count) > 0)
    .map(([name, count]) => `${counted(Number(count))} ${name.replaceAll("_", " ")}`);
  const breaks = [
    "Its clients get no tokens from this moment on.",
    parts.length ? `What goes with it: ${parts.join(", ")}.` : "It is empty.",
    "It can be restored until then: its time is shown in the list.",
  ];
  if (!await confirmed({ title: `Delete the tenant ${tenant.name}`, breaks, name: tenant.name, yes: "Delete" })) return;
  await call("DELETE", path);
  tell("The tenant will be deleted");
  done();
}

/** @param {{ close: () => void, done: (made: any) => void }} props */
function NewTenant({ close, done }) {
  const draft = useDraft("new-tenant", { name: "", hosts: "" });
  const { name, hosts } = draft.values;
  const save = async () => {
    done((await post("/api/v2/tenants", { name: name.trim(), hosts: hosts.split(/[\s,]+/).filter(Boolean) })).body);
  };
  return html`
    <${FormDialog} title="New tenant" yes="Make the tenant" fields=${[
      "name",
      "hosts",
      "issuer",
    ]} save=${save} draft=${draft}
      close=${close}
      ready=${Boolean(name.trim() && hosts.trim())}>${(/** @type {Record<string, string>} */ problems) =>
        html`
          <${Field} label="Name" value=${name} onInput=${(/** @type {string} */ name) =>
            draft.change({ name })} problem=${problems
            .name} autofocus spellcheck=${false} />
          <${Field} label="Hosts" value=${hosts} onInput=${(/** @type {string} */ hosts) =>
            draft.change({ hosts })} problem=${problems.hosts} spellcheck=${false}
            hint="Names under which it answers, such as tokens.acme.example; separated by blanks" />
        `}<//>
  `;
}

/** @param {{ tenant: any, close: () => void }} props */
function Administrator({ tenant, close }) {
  const { client_id, client_secret, audience } = tenant.administrator;
  return html`
    <${Once} title=${`The tenant ${tenant.name} is made`} close=${close} secrets=${[
      { name: "Administrator's client id", value: client_id },
      { name: "Client secret", value: client_secret },
      { name: "Audience", value: audience },
    ]}>
      <p>Sign in with it at the console of one of its hosts.</p>
      <//>
  `;
}
