/** The parts that each editor of the console is made of: keys, colours, languages, and the nonce of its styles. */

import {
  autocompletion,
  bracketMatching,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  defaultKeymap,
  drawSelection,
  EditorState,
  EditorView,
  foldGutter,
  foldKeymap,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSelectionMatches,
  highlightSpecialChars,
  HighlightStyle,
  history,
  historyKeymap,
  indentOnInput,
  indentUnit,
  indentWithTab,
  javascript,
  json,
  keymap,
  lineNumbers,
  lintGutter,
  lintKeymap,
  python,
  search,
  searchKeymap,
  syntaxHighlighting,
  tags,
} from "../../vendor/code-editor.js";

/** @typedef {"javascript" | "typescript" | "python" | "json" | "text"} Language */

/** The policy admits a style element of CodeMirror by this alone. */
const styleNonce = () => document.getElementById("style-nonce")?.nonce ?? "";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: [tags.comment], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.definition(tags.propertyName)], color: "var(--code-name)" },
  { tag: [tags.propertyName, tags.attributeName], color: "var(--code-property)" },
  { tag: [tags.className, tags.typeName], color: "var(--code-type)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

const look = EditorView.theme({
  "&": { backgroundColor: "var(--field)", color: "var(--text)", height: "100%", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selected)",
  },
  ".cm-gutters": { backgroundColor: "var(--field)", color: "var(--dim)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--main)", color: "var(--on-main)" },
  ".cm-searchMatch": { backgroundColor: "var(--found)" },
  ".cm-specialChar": { color: "var(--bad)" },
  ...underlined("error", "--bad"),
  ...underlined("warning", "--warn"),
  ...underlined("info", "--link"),
  ...underlined("hint", "--dim"),
});

/**
 * What is typed over a selection. Left to itself the browser puts a style on the line that it merges, which the policy
 * refuses too.
 */
const typedOver = EditorView.domEventHandlers({
  beforeinput(/** @type {InputEvent} */ event, /** @type {any} */ view) {
    const { main, ranges } = view.state.selection;
    const { data, inputType, isComposing } = event;
    if (inputType !== "insertText" || !data || isComposing || main.empty || ranges.length > 1) return false;
    const insert = () => view.state.update(view.state.replaceSelection(data), { userEvent: "input.type" });
    const handled = view.state.facet(EditorView.inputHandler).some((/** @type {any} */ handle) =>
      handle(view, main.from, main.to, data, insert)
    );
    if (!handled) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});

/**
 * A problem's line and its sign in the gutter. CodeMirror's own are images of data, which the policy refuses.
 * @param {string} severity
 * @param {string} colour
 */
function underlined(severity, colour) {
  return {
    [`.cm-lintRange-${severity}`]: {
      backgroundImage: "none",
      textDecoration: `underline wavy var(${colour})`,
      textUnderlineOffset: "3px",
    },
    [`.cm-lint-marker-${severity}`]: { content: "normal", color: `var(${colour})`, lineHeight: "1" },
    [`.cm-lint-marker-${severity}::before`]: { content: "'●'" },
  };
}

/** Also the marks that turn the direction of writing, which CodeMirror itself shows only in part. */
const hidden = highlightSpecialChars({
  addSpecialChars: /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u2060\ufeff\u00ad]/,
});

/**
 * The extensions of a language.
 * @param {Language} language
 */
export function languageOf(language) {
  switch (language) {
    case "javascript":
      return [javascript(), indentUnit.of("  ")];
    case "typescript":
      return [javascript({ typescript: true }), indentUnit.of("  ")];
    case "python":
      return [python(), indentUnit.of("    ")];
    case "json":
      return [json(), indentUnit.of("  ")];
    default:
      return [];
  }
}

/**
 * What every editor has, and what only one that is written in has.
 * @param {{ label: string, readOnly?: boolean }} editor
 */
export function basics({ label, readOnly = false }) {
  const writing = readOnly ? [EditorState.readOnly.of(true)] : [
    history(),
    typedOver,
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion(),
    lintGutter(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    keymap.of([...closeBracketsKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
  ];
  return [
    EditorView.cspNonce.of(styleNonce()),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    lineNumbers(),
    foldGutter(),
    drawSelection(),
    hidden,
    search({ top: true }),
    highlightSelectionMatches(),
    syntaxHighlighting(colours, { fallback: true }),
    look,
    ...writing,
    keymap.of([
      ...defaultKeymap.filter((/** @type {any} */ { key }) => key !== "Mod-Enter"),
      ...searchKeymap,
      ...foldKeymap,
    ]),
  ];
}
