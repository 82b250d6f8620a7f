import { html, useId, useLayoutEffect, useRef, useState } from "../vendor/third-party.js";
import { question } from "../state/questions.js";
import { plainly } from "../text/hostile.js";
import { Said } from "./said.js";

/**
 * A window over the page, which Escape closes and whose focus stays inside.
 * @param {{ title: string, close: () => void, children?: any, class?: string, fixed?: boolean }} props
 *   `fixed`: it cannot be closed by Escape
 */
export function Dialog({ title, close, children, class: more = "", fixed = false }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  useLayoutEffect(() => {
    const opened = element.current;
    const before = document.activeElement;
    opened?.showModal();
    return () => {
      opened?.close(); // as long as it is open, nothing behind it takes the focus
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!fixed) close();
  };
  const press = (/** @type {MouseEvent} */ event) => {
    if (event.target === element.current && !fixed) close();
  };
  return html`
    <dialog ref=${element} class=${more} aria-labelledby=${id} onCancel=${cancel} onMouseDown=${press}>
      <div class="dialog">
        <h2 id=${id}><${Said} text=${title} most=${200} /></h2>
        ${children}
      </div>
    </dialog>
  `;
}

/** The question that waits for an answer; see `state/questions.js`. */
export function OpenQuestion() {
  const asked = question.value;
  return asked && html`<${Asked} key=${asked.title} asked=${asked} />`;
}

/** @param {{ asked: NonNullable<typeof question.value> }} props */
function Asked({ asked }) {
  const [typed, setTyped] = useState("");
  const id = useId();
  const { title, breaks, name, yes = "Do it", danger = true, answer } = asked;
  const sure = name === undefined || typed === name || typed === plainly(name);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (sure) answer(true);
  };
  return html`
    <${Dialog} title=${title} close=${() => answer(false)}>
      <form onSubmit=${submit}>
        <ul>${breaks.map((each) =>
          html`
            <li key=${each}>
              <${Said} text=${each} />
            </li>
          `
        )}</ul>
        ${name !== undefined && html`
          <label for=${id}>Type <code><${Said} text=${name} /></code> to confirm</label>
          <input id=${id} value=${typed} autocomplete="off" spellcheck=${false}
            onInput=${(/** @type {any} */ event) => setTyped(event.currentTarget.value)} />
        `}
        <p class="actions">
          <button type="button" class="action" onClick=${() => answer(false)}>Cancel</button>
          <button type="submit" class=${`action ${danger ? "danger" : "main"}`} disabled=${!sure}>${yes}</button>
        </p>
      </form>
      <//>
  `;
}
