import { html, useState } from "../../vendor/third-party.js";
import { Choice } from "../../components/choice.js";
import { Copied } from "../../components/copied.js";
import { LANGUAGES, snippetOf } from "./snippet_texts.js";

const NO_API = "https://api.example/";

/**
 * How a program gets a token as this client.
 * @param {{ clientId: string, audiences: string[] }} props `audiences`: of its grants
 */
export function Snippets({ clientId, audiences }) {
  const [language, setLanguage] = useState(LANGUAGES[0].value);
  const [chosen, setChosen] = useState("");
  const audience = audiences.includes(chosen) ? chosen : audiences[0] ?? NO_API;
  return html`
    <${Choice} label="Language" value=${language} options=${LANGUAGES} onChange=${setLanguage} />
    ${audiences.length > 1 && html`
      <${Choice} label="API" value=${audience} options=${audiences.map((value) => ({ value }))} onChange=${setChosen} />
    `}
    ${audiences.length === 0 && html`<p class="dim">It has no grant yet; put your API's identifier for ${NO_API}.</p>`}
    <${Copied} block=${true} what="the snippet" text=${snippetOf(language, {
      origin: location.origin,
      clientId,
      audience,
    })} />
    <p class="dim">The secret comes from the environment variable CLIENT_SECRET.</p>
  `;
}
