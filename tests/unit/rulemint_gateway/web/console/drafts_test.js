import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { draftsOf, forgetOldDrafts } from "../../../../../gateway/rulemint_gateway/web/console/state/drafts.js";
import { withoutSecrets } from "../../../../../gateway/rulemint_gateway/web/console/state/trial_inputs.js";

const DAY_MS = 86_400_000;

/** @param {Record<string, string>} entries */
function storageOf(entries) {
  const kept = new Map(Object.entries(entries));
  return {
    kept,
    get length() {
      return kept.size;
    },
    key: (/** @type {number} */ index) => [...kept.keys()][index] ?? null,
    getItem: (/** @type {string} */ name) => kept.get(name) ?? null,
    removeItem: (/** @type {string} */ name) => void kept.delete(name),
  };
}

Deno.test("drafts of a month ago go, and what is no draft; what is not the console's stays", () => {
  const now = 100 * DAY_MS;
  const storage = storageOf({
    "rulemint.draft.acme.new": JSON.stringify({ at: now - 29 * DAY_MS, draft: {} }),
    "rulemint.draft.acme.old": JSON.stringify({ at: now - 31 * DAY_MS, draft: {} }),
    "rulemint.draft.other.nonsense": "{",
    "of another program": "{",
  });
  forgetOldDrafts(storage, now);
  deepStrictEqual([...storage.kept.keys()], ["rulemint.draft.acme.new", "of another program"]);
});

Deno.test("the drafts of a tenant are those of no other whose name begins alike", () => {
  const storage = storageOf({
    "rulemint.draft.acme.new-client": "{}",
    "rulemint.draft.acme.rule/rul_1.text": "{}",
    "rulemint.draft.acme-two.new-client": "{}",
    "acme.of another program": "{}",
  });
  deepStrictEqual(draftsOf(storage, "acme"), ["rulemint.draft.acme.new-client", "rulemint.draft.acme.rule/rul_1.text"]);
  deepStrictEqual(draftsOf(storage, "acm"), []);
});

Deno.test("inputs of a trial are kept without secrets, and not at all while nobody can tell where one ends", () => {
  const text = '{"client": "c", "secrets": {"KEY": "s"}, "context": {"body": {"client_secret": "s", "a": 1}}}';
  deepStrictEqual(JSON.parse(withoutSecrets(text) ?? ""), { client: "c", context: { body: { a: 1 } } });
  strictEqual(withoutSecrets('{"client": "secrets"'), null);
  for (const plain of ['{"client": "c"}', "{no json yet"]) strictEqual(withoutSecrets(plain), plain);
});
