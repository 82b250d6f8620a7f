import { EditorState, hoverTooltip } from "../../vendor/code-editor.js";
import { completed, meant } from "./rule_names.js";

/**
 * Completion and hover for a rule, by the types that it is told. Nothing is asked over the network.
 * @param {string} language
 * @returns {any[]} extensions of an editor
 */
export function ruleTypes(language) {
  const source = (/** @type {any} */ context) => {
    const before = context.state.sliceDoc(Math.max(0, context.pos - 400), context.pos);
    const found = completed(before, language);
    if (!found) return null;
    return {
      from: context.pos - found.from,
      validFor: /^[\w$]*$/,
      options: found.names.map(({ name, type, doc }) => ({
        label: name,
        detail: short(type),
        info: doc || undefined,
        type: type === "class" ? "class" : type.startsWith("(") ? "function" : "property",
        boost: 1,
      })),
    };
  };
  const hover = hoverTooltip((/** @type {any} */ view, /** @type {number} */ pos) => {
    const word = view.state.wordAt(pos);
    if (!word) return null;
    const found = meant(view.state.sliceDoc(Math.max(0, word.from - 400), word.to), language);
    if (!found) return null;
    return { pos: word.from, end: word.to, above: true, create: () => ({ dom: shown(found) }) };
  });
  return [EditorState.languageData.of(() => [{ autocomplete: source }]), hover];
}

/** @param {string} type */
const short = (type) => type.length > 48 ? `${type.slice(0, 47)}…` : type;

/** @param {import("./rule_names.js").Named} named */
function shown({ name, type, doc }) {
  const box = document.createElement("div");
  box.className = "hover-type";
  const line = document.createElement("code");
  line.textContent = type.startsWith("(") ? `${name}${type}` : `${name}: ${type}`;
  box.append(line);
  if (doc) {
    const words = document.createElement("p");
    words.textContent = doc;
    box.append(words);
  }
  return box;
}
