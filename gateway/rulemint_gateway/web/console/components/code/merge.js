import { EditorState, EditorView, MergeView } from "../../vendor/code-editor.js";
import { html, useEffect, useRef } from "../../vendor/third-party.js";
import { basics, languageOf } from "./editor_parts.js";

/**
 * Two texts next to each other, with what differs marked. With `onChange` the right one can be written in, and takes
 * changes of the left one by a button at each.
 * @param {{ label: string, before: string, after: string, beforeName?: string, afterName?: string, language: import("./editor_parts.js").Language, onChange?: (after: string) => void }} props
 */
export function Merge({ label, before, after, beforeName = "before", afterName = "after", language, onChange }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const hear = useRef(onChange);
  hear.current = onChange;
  const written = useRef(after);
  useEffect(() => {
    const side = (/** @type {string} */ doc, /** @type {string} */ name, /** @type {boolean} */ readOnly) => ({
      doc,
      extensions: [
        basics({ label: `${label}: ${name}`, readOnly }),
        languageOf(language),
        readOnly ? EditorState.readOnly.of(true) : EditorView.updateListener.of((/** @type {any} */ update) => {
          if (!update.docChanged) return;
          written.current = update.state.doc.toString();
          hear.current?.(written.current);
        }),
      ],
    });
    const view = new MergeView({
      a: side(before, beforeName, true),
      b: side(written.current, afterName, !onChange),
      parent: box.current,
      collapseUnchanged: { margin: 3, minSize: 6 },
      revertControls: onChange ? "a-to-b" : undefined,
    });
    return () => view.destroy();
  }, [before, language, !onChange]);
  return html`
    <section class="merge" aria-label=${label}>
      <div class="merge-names"><span>${beforeName}</span><span>${afterName}</span></div>
      <div ref=${box}></div>
    </section>
  `;
}
