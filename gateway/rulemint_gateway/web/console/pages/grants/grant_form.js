import { html } from "../../vendor/third-party.js";
import { get, patch, post } from "../../api/client.js";
import { listed } from "../../api/lists.js";
import { ChangedSince } from "../../components/changed_since.js";
import { Choice, Tick } from "../../components/choice.js";
import { Dialog } from "../../components/dialog.js";
import { Field } from "../../components/field.js";
import { FormDialog } from "../../components/form.js";
import { Failure } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { useEdits } from "../../state/edits.js";
import { part } from "../../state/router.js";
import { may } from "../../state/session.js";
import { plainly } from "../../text/hostile.js";

const FIELDS = ["client_id", "audience", "scope", "allow_all_scopes"];

/** @param {string} id */
const pathOf = (id) => `/api/v2/client-grants/${part(id)}`;

/**
 * The form of a grant that is there, as it is now: the list that led here may be older.
 * @param {{ id: string, close: () => void, saved: () => void }} props
 */
export function ChangeGrant({ id, close, saved }) {
  const grant = useAnswer((signal) => get(pathOf(id), { signal }), [id]);
  if (grant.problem) {
    return html`
      <${Dialog} title="Change the grant" close=${close}>
        <${Failure} problem=${grant.problem} />
        <//>
    `;
  }
  return grant.value &&
    html`<${GrantForm} grant=${grant.value.body} etag=${grant.value.etag} close=${close} saved=${saved} />`;
}

/**
 * A new grant, or one that is changed: its client and its API stay then.
 * @param {{ grant?: any, etag?: string | null, client_id?: string, audience?: string, close: () => void, saved: () => void }} props
 */
export function GrantForm({ grant, etag = null, client_id = "", audience = "", close, saved }) {
  const record = { etag, values: valuesOf(grant ?? { client_id, audience, scope: [] }) };
  const edits = useEdits(grant ? `grant/${grant.id}` : `new-grant/${client_id}/${audience}`, record);
  const { client, api, scope, all } = edits.values;
  const setScope = (/** @type {string} */ scope) => edits.change({ scope });
  const clients = useAnswer((signal) => listed("/api/v2/clients", { noun: "clients", signal }), [], {
    when: !grant && may("read:clients"),
  });
  const apis = useAnswer((signal) => listed("/api/v2/resource-servers", { noun: "resource_servers", signal }), [], {
    when: may("read:resource_servers"),
  });
  /** @type {string[]} */
  const scopes = scope.split(/\s+/).filter(Boolean);
  const known = apis.value?.rows.find((each) => each.identifier === api)?.scopes ?? [];
  const save = async () => {
    const given = { scope: scopes, ...((all || grant) && { allow_all_scopes: all }) };
    if (grant && !await changed(given)) return false;
    if (!grant) await post("/api/v2/client-grants", { client_id: client, audience: api, ...given });
    saved();
  };
  const changed = async (/** @type {Record<string, unknown>} */ given) => {
    try {
      await patch(pathOf(grant.id), given, { ifMatch: edits.etag });
      return true;
    } catch (error) {
      if (!(/** @type {any} */ (error).changedSince)) throw error;
      const newest = await get(pathOf(grant.id));
      edits.meet({ etag: newest.etag, values: valuesOf(newest.body) });
      return false;
    }
  };
  const toggle = (/** @type {string} */ value, /** @type {boolean} */ on) =>
    setScope((on ? [...scopes, value] : scopes.filter((/** @type {string} */ each) => each !== value)).join(" "));
  return html`
    <${FormDialog} title=${grant
      ? "Change the grant"
      : "New grant"} yes="Save" fields=${FIELDS} save=${save} draft=${edits} close=${close}
      ready=${Boolean(client && api && !edits.theirs)}>${(/** @type {Record<string, string>} */ problems) =>
        html`
          <${Named} label="Client" value=${client} onChange=${(/** @type {string} */ client) =>
            edits.change({ client })} fixed=${Boolean(grant)} problem=${problems
            .client_id}
            loading=${clients.loading} options=${clients.value?.rows.map((each) => ({
              value: each.client_id,
              says: `${plainly(each.name)} (${plainly(each.client_id)})`,
            }))} />
          <${Named} label="API" value=${api} onChange=${(/** @type {string} */ api) =>
            edits.change({ api })} fixed=${Boolean(grant)} problem=${problems.audience}
            loading=${apis.loading} options=${apis.value?.rows.map((each) => ({
              value: each.identifier,
              says: `${plainly(each.name)} (${plainly(each.identifier)})`,
            }))} />
          <${Tick} label="Every scope of the API" checked=${all} onChange=${(/** @type {boolean} */ all) =>
            edits.change({ all })} />
          ${!all && html`
            <${Field} label="Scopes" value=${scope} onInput=${setScope} problem=${problems.scope} spellcheck=${false}
              hint="Separated by blanks; a token never has others" />
            ${known.length > 0 && html`
              <fieldset class="ticks"><legend>Scopes of the API</legend>${known.map((/** @type {any} */ each) =>
                html`
                  <${Tick} key=${each.value} label=${plainly(each.value)} checked=${scopes.includes(each.value)}
                    onChange=${(/** @type {boolean} */ on) => toggle(each.value, on)} />
                `
              )}</fieldset>
            `}
          `}
          <${ChangedSince} edits=${edits} names=${NAMES} />
        `}<//>
  `;
}

const NAMES = { scope: "Scopes", all: "Every scope of the API" };

/** @param {{ client_id: string, audience: string, scope: string[], allow_all_scopes?: boolean }} grant */
const valuesOf = ({ client_id, audience, scope, allow_all_scopes = false }) => ({
  client: client_id,
  api: audience,
  scope: scope.join(" "),
  all: allow_all_scopes,
});

/**
 * A choice among what there is, or a field where that cannot be listed.
 * @param {{ label: string, value: string, onChange: (value: string) => void, fixed: boolean, loading: boolean, problem?: string, options?: { value: string, says: string }[] }} props
 */
function Named({ label, value, onChange, fixed, loading, problem, options }) {
  if (!fixed && !options && loading) {
    return html`<${Choice} label=${label} value="" options=${[{
      value: "",
      says: "Loading…",
    }]} onChange=${onChange} disabled=${true} />`;
  }
  if (fixed || !options) {
    return html`
      <${Field} label=${label} value=${value} onInput=${onChange} disabled=${fixed} problem=${problem}
        spellcheck=${false} />
    `;
  }
  const listed = options.some((each) => each.value === value)
    ? options
    : [{ value, says: value || "Choose" }, ...options];
  return html`<${Choice} label=${label} value=${value} options=${listed} onChange=${onChange} problem=${problem} />`;
}
