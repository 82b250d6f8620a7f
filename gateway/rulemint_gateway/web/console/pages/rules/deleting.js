import { deleteRule } from "../../api/rules.js";
import { dropDraft } from "../../state/drafts.js";
import { confirmed } from "../../state/questions.js";
import { tell } from "../../state/toasts.js";
import { several } from "../../text/numbers.js";

/**
 * Ask whether to delete a rule, and do so.
 * @param {import("../../api/rules.js").Rule} rule
 * @returns {Promise<boolean>} whether it is gone
 */
export async function deleted(rule) {
  const whose = rule.clients.length || rule.audiences.length
    ? `for ${
      [
        rule.clients.length && several(rule.clients.length, "client"),
        rule.audiences.length && several(rule.audiences.length, "API"),
      ].filter(Boolean).join(" and ")
    }`
    : "for every client and API";
  const breaks = [
    rule.enabled
      ? `Tokens ${whose} are made without it, from the next one: what it sets is missing, and what it refused is granted.`
      : "It is off, so no token changes.",
    "All its versions, its tests, its secrets and its stored document go with it. Nothing brings them back.",
    "Another rule may then take its name.",
  ];
  if (!await confirmed({ title: `Delete the rule ${rule.name}`, breaks, name: rule.name, yes: "Delete it" })) {
    return false;
  }
  await deleteRule(rule.id);
  dropDraft(`rule/${rule.id}`);
  tell(`${rule.name} is deleted`);
  return true;
}
