// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/response.js: change that, and run `make sdk`.
/**
 * The request and the response of a webtask `(ctx, req, res)`, which speaks HTTP: what it was posted, and what becomes
 * an answer of its callback when it ends. There is no connection, so only what such webtasks use of Node's is there.
 */

/** @typedef {(error?: unknown, value?: unknown) => void} Callback */

const FAILED = 400;

/**
 * Auth0's own call of the webtask: a POST of what is `ctx.body`.
 *
 * @param {{ headers: Record<string, string>, query: Record<string, string>, body: object }} context
 */
export function requestOf({ headers, query, body }) {
  const search = new URLSearchParams(query).toString();
  return { method: "POST", url: `/${search && `?${search}`}`, headers: { ...headers }, query: { ...query }, body };
}

/**
 * A response whose body is the result, as JSON; with a status of 400 or more it is why the rule refuses.
 *
 * @param {Callback} callback
 */
export function responseTo(callback) {
  /** @type {string[]} */
  const written = [];
  const response = {
    statusCode: 200,
    setHeader: () => response,
    getHeader: () => undefined,
    removeHeader: () => {},
    /** @param {number} status */
    writeHead(status) {
      response.statusCode = status;
      return response;
    },
    /** @param {unknown} chunk */
    write(chunk) {
      written.push(String(chunk));
      return true;
    },
    /** @param {unknown} [chunk] */
    end(chunk) {
      if (chunk !== undefined && chunk !== null) response.write(chunk);
      const body = parsed(written.splice(0).join(""));
      if (response.statusCode < FAILED) callback(null, body);
      else callback(body?.message ? body : new Error(typeof body === "string" ? body : JSON.stringify(body)));
    },
  };
  return response;
}

/** @param {string} text */
function parsed(text) {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
