import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  addressOf,
  call,
  get,
  onSignedOut,
  patch,
} from "../../../../../gateway/rulemint_gateway/web/console/api/client.js";
import { Problem, problemOf } from "../../../../../gateway/rulemint_gateway/web/console/api/problem.js";

/**
 * Let *answer* be the network's for one test.
 * @param {(path: string, init: RequestInit) => Response | Promise<Response>} answer
 * @param {() => Promise<void>} test
 */
async function answering(answer, test) {
  const real = globalThis.fetch;
  globalThis.fetch =
    /** @type {any} */ (async (/** @type {string} */ path, /** @type {RequestInit} */ init) =>
      await answer(path, init));
  try {
    await test();
  } finally {
    globalThis.fetch = real;
  }
}

Deno.test("a write says that it comes from the console, and names the version that it changes", async () => {
  /** @type {any} */
  let sent;
  const answer = (/** @type {string} */ path, /** @type {RequestInit} */ init) => {
    sent = { path, ...init };
    return new Response('{"id":"1"}', { headers: { ETag: '"b"' } });
  };
  await answering(answer, async () => {
    const got = await patch("/api/v2/rules/1", { enabled: false }, { ifMatch: '"a"' });
    deepStrictEqual([got.body, got.etag], [{ id: "1" }, '"b"']);
  });
  deepStrictEqual([sent.path, sent.method, sent.body], ["/api/v2/rules/1", "PATCH", '{"enabled":false}']);
  deepStrictEqual([sent.headers["X-Rulemint-Console"], sent.headers["If-Match"]], ["1", '"a"']);
  strictEqual(sent.headers.Authorization, undefined);
});

Deno.test("a read has no header that a page of elsewhere could not send", async () => {
  /** @type {any} */
  let headers;
  const answer = (/** @type {string} */ _, /** @type {RequestInit} */ init) => {
    headers = init.headers;
    return new Response("[]");
  };
  await answering(answer, async () => void (await get("/api/v2/rules")));
  deepStrictEqual(headers, { Accept: "application/json" });
});

Deno.test("a query leaves out what is not given", () => {
  strictEqual(addressOf("/a", { b: null, c: "", d: 0, e: "x y&z" }), "/a?d=0&e=x+y%26z");
  strictEqual(addressOf("/a", {}), "/a");
});

Deno.test("each shape of an error becomes one sentence with what it is looked up by", () => {
  const auth0 = problemOf(409, new Headers(), {
    statusCode: 409,
    error: "Conflict",
    message: "There is such a rule",
    errorCode: "rule_conflict",
    field: "name",
  });
  deepStrictEqual([auth0.message, auth0.code, auth0.field], ["There is such a rule", "rule_conflict", "name"]);
  const oauth = problemOf(503, new Headers({ "Retry-After": "2" }), {
    error: "temporarily_unavailable",
    error_description: "No runner is free",
    exchange_id: "exc_1",
  });
  deepStrictEqual([oauth.message, oauth.id, oauth.retryAfterS], ["No runner is free", "exc_1", 2]);
  strictEqual(
    problemOf(400, new Headers(), { title: "Bad", detail: "take must be a number" }).message,
    "take must be a number",
  );
  strictEqual(problemOf(502, new Headers({ "X-Request-Id": "exc_2" }), "<html>").id, "exc_2");
});

Deno.test("no answer is a problem that says what to do", async () => {
  await answering(() => Promise.reject(new TypeError("net")), async () => {
    await rejects(
      call("GET", "/"),
      (error) => error instanceof Problem && error.status === 0 && /try again/.test(error.message),
    );
  });
});

Deno.test("an answer that is no JSON is still an answer", async () => {
  await answering(() => new Response("<b>", { status: 500 }), async () => {
    await rejects(get("/"), {
      status: 500,
      message: "The gateway answered 500: try again. If it stays so, its log says why",
    });
  });
});

Deno.test("an ended session is heard, and a changed record is told from other problems", async () => {
  let heard = 0;
  onSignedOut(() => heard++);
  await answering(() => new Response("{}", { status: 401 }), async () => {
    await rejects(get("/"), { status: 401, signedOut: true });
  });
  strictEqual(heard, 1);
  await answering(() => new Response("{}", { status: 412 }), async () => {
    await rejects(get("/"), { changedSince: true });
  });
});
