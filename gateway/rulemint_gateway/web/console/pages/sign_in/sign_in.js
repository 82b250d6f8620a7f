import { html, useEffect, useState } from "../../vendor/third-party.js";
import { readWaysToSignIn } from "../../api/session.js";
import { Field } from "../../components/field.js";
import { Said } from "../../components/said.js";
import { useAnswer } from "../../state/answers.js";
import { keepPlace } from "../../state/router.js";
import { signIn } from "../../state/session.js";
import { LeftDrafts } from "./left_drafts.js";

/** The page for those who are not signed in yet. */
export function SignIn() {
  useEffect(() => {
    document.title = "Sign in · Rulemint";
  }, []);
  return html`
    <main class="sign-in">
      <h1>Rulemint</h1>
      <p>Sign in to see and change this tenant's rules, clients and tokens.</p>
      <${LeftDrafts} />
      <${SignInForm} />
      <p class="dim">On this machine <code>rulemint console</code> opens a link that signs you in.</p>
      <p><a href="/start">Ask for a token</a> · <a href="/docs/">Documentation</a> · <a href="/docs/api">API</a></p>
    </main>
  `;
}

/** All ways to sign in that the tenant offers. It also stands in the dialog of a session that ended. */
export function SignInForm() {
  const ways = useAnswer(readWaysToSignIn, []);
  const [id, setId] = useState("");
  const [secret, setSecret] = useState("");
  const [problem, setProblem] = useState("");
  const [running, setRunning] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setRunning(true);
    setProblem("");
    try {
      await signIn({ client_id: id.trim(), client_secret: secret });
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message);
      setRunning(false);
    }
  };
  const oidc = ways.value?.oidc ?? [];
  return html`
    ${oidc.map(({ name, start }) =>
      ownPath(start) && html`
        <a key=${start} class="action main wide"
          href=${start} onClick=${keepPlace}>Sign in with <${Said} text=${name} most=${60} /></a>
      `
    )}
    ${ways.value?.client_credentials !== false && html`
      <form onSubmit=${submit} aria-label="Sign in as a client">
        <${Field} label="Client id" value=${id} onInput=${setId} required autocomplete="username" spellcheck=${false} />
        <${Field} label="Client secret" type="password" value=${secret} onInput=${setSecret} required
          autocomplete="current-password" hint="Of a client with a grant for the management API" />
        ${problem && html`
          <p class="wrong" role="alert">
            <${Said} text=${problem} />
          </p>
        `}
        <button class="action main wide" type="submit" disabled=${running || !id.trim() || !secret}>Sign in</button>
      </form>
    `}
  `;
}

/**
 * A start is a path of this gateway and nothing else.
 * @param {string} start
 */
function ownPath(start) {
  return /^\/console\/[^\\]*$/.test(start);
}
