/** Programs that get a token. A client id and an audience are text that somebody else chose, so each is quoted. */

/** @typedef {{ origin: string, clientId: string, audience: string }} Request */

export const LANGUAGES = [
  { value: "curl", says: "curl" },
  { value: "node", says: "Node.js" },
  { value: "python", says: "Python" },
  { value: "go", says: "Go" },
];

/**
 * @param {string} language a value of `LANGUAGES`
 * @param {Request} request
 * @returns {string}
 */
export function snippetOf(language, request) {
  switch (language) {
    case "node":
      return node(request);
    case "python":
      return python(request);
    case "go":
      return go(request);
    default:
      return curl(request);
  }
}

/** @param {Request} request */
function curl({ origin, clientId, audience }) {
  return `curl -sS ${shell(`${origin}/oauth/token`)} \\
  --data grant_type=client_credentials \\
  --data-urlencode ${shell(`client_id=${clientId}`)} \\
  --data-urlencode "client_secret=$CLIENT_SECRET" \\
  --data-urlencode ${shell(`audience=${audience}`)}
`;
}

/** @param {Request} request */
function node({ origin, clientId, audience }) {
  return `const answer = await fetch(${double(`${origin}/oauth/token`)}, {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "client_credentials",
    client_id: ${double(clientId)},
    client_secret: process.env.CLIENT_SECRET,
    audience: ${double(audience)},
  }),
});
const token = await answer.json();
if (!answer.ok) throw new Error(\`\${token.error}: \${token.error_description}\`);
console.log(token.access_token);
`;
}

/** @param {Request} request */
function python({ origin, clientId, audience }) {
  return `import json, os, urllib.parse, urllib.request

form = {
    "grant_type": "client_credentials",
    "client_id": ${double(clientId)},
    "client_secret": os.environ["CLIENT_SECRET"],
    "audience": ${double(audience)},
}
request = urllib.request.Request(${double(`${origin}/oauth/token`)}, data=urllib.parse.urlencode(form).encode())
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["access_token"])
`;
}

/** @param {Request} request */
function go({ origin, clientId, audience }) {
  return `package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
)

func main() {
	answer, err := http.PostForm(${double(`${origin}/oauth/token`)}, url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {${double(clientId)}},
		"client_secret": {os.Getenv("CLIENT_SECRET")},
		"audience":      {${double(audience)}},
	})
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	token, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(token))
}
`;
}

/**
 * A word of the shell, in which nothing is expanded.
 * @param {string} text
 */
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A text between double quotes, as JavaScript, Python and Go all read it. What cannot be seen is written by its code.
 * @param {string} text
 */
function double(text) {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
