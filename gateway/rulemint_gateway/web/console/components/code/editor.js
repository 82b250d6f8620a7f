import { Compartment, EditorState, EditorView, setDiagnostics } from "../../vendor/code-editor.js";
import { html, useEffect, useRef } from "../../vendor/third-party.js";
import { basics, languageOf } from "./editor_parts.js";

/** @typedef {{ from: number, to: number, severity: "error" | "warning" | "info" | "hint", message: string }} Diagnostic */

/**
 * A code editor. It keeps its own text: a `value` that differs from it replaces the text.
 * Escape and then Tab leave it by keys.
 * @param {{ label: string, value: string, language: import("./editor_parts.js").Language, onChange?: (value: string) => void, readOnly?: boolean, extensions?: any[], diagnostics?: Diagnostic[], onReady?: (view: any) => void, class?: string }} props
 *   `extensions`: CodeMirror's, such as completion or keys; give the same array while they do not change
 */
export function Editor(
  { label, value, language, onChange, readOnly = false, extensions, diagnostics, onReady, class: more = "" },
) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const view = useRef(/** @type {any} */ (null));
  const parts = useRef({ language: new Compartment(), extensions: new Compartment(), basics: new Compartment() });
  const hear = useRef(onChange);
  hear.current = onChange;
  const told = useRef(/** @type {string[]} */ ([])); // what the page was told, and has not given back as `value` yet
  useEffect(() => {
    const { language: spoken, extensions: added, basics: base } = parts.current;
    view.current = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          added.of(extensions ?? []), // first, so that a page's keys win
          spoken.of(languageOf(language)),
          base.of(basics({ label, readOnly })),
          EditorView.updateListener.of((/** @type {any} */ update) => {
            if (!update.docChanged) return;
            const now = update.state.doc.toString();
            told.current.push(now);
            hear.current?.(now);
          }),
        ],
      }),
    });
    onReady?.(view.current);
    return () => view.current.destroy();
  }, []);
  useEffect(() => {
    const echo = told.current.indexOf(value);
    told.current.splice(0, echo + 1);
    if (echo >= 0) return; // somebody may have written more by now
    const now = view.current.state.doc.toString();
    if (now !== value) view.current.dispatch({ changes: { from: 0, to: now.length, insert: value } });
    told.current = [];
  }, [value]);
  useEffect(() => reconfigure(view.current, parts.current.language, languageOf(language)), [language]);
  useEffect(() => reconfigure(view.current, parts.current.extensions, extensions ?? []), [extensions]);
  useEffect(() => reconfigure(view.current, parts.current.basics, basics({ label, readOnly })), [label, readOnly]);
  useEffect(() => {
    if (!diagnostics) return;
    const most = view.current.state.doc.length;
    const inside = diagnostics.map((each) => ({
      ...each,
      from: Math.min(each.from, most),
      to: Math.min(each.to, most),
    }));
    view.current.dispatch(setDiagnostics(view.current.state, inside));
  }, [diagnostics]);
  return html`<div ref=${box} class=${`editor ${more}`}></div>`;
}

/**
 * @param {any} view
 * @param {any} compartment
 * @param {any[]} extensions
 */
function reconfigure(view, compartment, extensions) {
  view.dispatch({ effects: compartment.reconfigure(extensions) });
}

/**
 * The place of a line and a column, which count from 1 as an answer names them, in a text.
 * @param {string} text
 * @param {number} line
 * @param {number} [column]
 */
export function offsetOf(text, line, column = 1) {
  const lines = text.split("\n");
  const at = Math.min(Math.max(1, line), lines.length);
  const before = lines.slice(0, at - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + Math.min(Math.max(1, column) - 1, lines[at - 1].length);
}
