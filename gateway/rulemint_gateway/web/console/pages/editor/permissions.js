import { Field } from "../../components/field.js";
import { may } from "../../state/session.js";
import { FIELD_NAMES, listOf, packagesOf, packagesText } from "../../state/rule_texts.js";
import { Said } from "../../components/said.js";
import { html, useState } from "../../vendor/third-party.js";

const LIMITS = [
  { name: "timeout_s", says: "Time, in s" },
  { name: "memory_mb", says: "Memory, in MiB" },
  { name: "log_bytes", says: "Log, in bytes" },
  { name: "result_bytes", says: "Result, in bytes" },
];
const SCOPE = "update:rules";

/**
 * What the text may use. It is part of the version, so it is saved and deployed with it.
 * @param {{ editing: import("./editing.js").Editing }} props
 */
export function Permissions({ editing }) {
  const { text, changes, rule } = editing;
  const [hosts, setHosts] = useState(text.allow_hosts.join("\n"));
  const [packages, setPackages] = useState(packagesText(text.dependencies));
  const changed = Object.keys(changes).filter((name) => name !== "script").map((name) => FIELD_NAMES[name]);
  const limit = (/** @type {string} */ name, /** @type {string} */ value) => {
    const { [name]: _, ...others } = text.limits;
    editing.set({ limits: value.trim() === "" ? others : { ...others, [name]: Number(value) } });
  };
  const installed = Object.entries(rule.resolved_dependencies ?? {});
  return html`
    <p class="dim note">It is part of the version: save and deploy it with the text.${changed.length > 0 && html`
      <b class="warn">Not saved: ${changed.join(", ")}</b>
    `}</p>
    <${Field} label="Allowed hosts" lines=${3} value=${hosts} scope=${SCOPE} spellcheck=${false}
      hint="One a line, such as api.example.com or http://localhost:9000. It reaches no other"
      onInput=${(/** @type {string} */ value) => {
        setHosts(value);
        editing.set({ allow_hosts: listOf(value) });
      }} />
    <${Field} label="Packages" lines=${3} value=${packages} scope=${SCOPE} spellcheck=${false}
      hint="One a line: its name, and a version or a range" onInput=${(/** @type {string} */ value) => {
        setPackages(value);
        editing.set({ dependencies: packagesOf(value) });
      }} />
    ${installed.length > 0 &&
      html`<p class="dim note">Installed for v${rule.version}: <${Said} text=${
        installed.map(([name, version]) => `${name} ${version}`).join(", ")
      } /></p>`}
    <fieldset class="limits">
      <legend>Limits</legend>
      ${LIMITS.map(({ name, says }) =>
        html`
          <${Field} key=${name} label=${says} type="number" min="0" step="any" scope=${SCOPE}
            placeholder="the runner's own"
            value=${text.limits[name] ?? ""} onInput=${(/** @type {string} */ value) => limit(name, value)} />
        `
      )}
    </fieldset>
    <div class="two">
      <${Choice} label="Language" value=${text.language} values=${["javascript", "typescript", "python"]}
        set=${(/** @type {any} */ language) => editing.set({ language })} />
      <${Choice} label="Process" value=${text.isolation} values=${["warm", "fresh"]}
        set=${(/** @type {string} */ isolation) => editing.set({ isolation })} />
    </div>
    <label class="check"><input type="checkbox" checked=${text.locked} disabled=${!may(SCOPE)}
      onChange=${(/** @type {any} */ event) => editing.set({ locked: event.currentTarget.checked })} />
      Locked: it sets, adds and calls nothing but what its tests show</label>
  `;
}

/** @param {{ label: string, value: string, values: string[], set: (value: string) => void }} props */
function Choice({ label, value, values, set }) {
  return html`
    <label class="choice">${label}
      <select value=${value} disabled=${!may(SCOPE)} onChange=${(/** @type {any} */ event) =>
        set(event.currentTarget.value)}>
        ${values.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
      </select></label>
  `;
}
