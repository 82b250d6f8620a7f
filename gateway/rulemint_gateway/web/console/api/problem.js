/** An answer that is an error, as one clear sentence with what is needed to look it up. */

/** @typedef {{ name: string, problem?: string }} RedCase */

export class Problem extends Error {
  /**
   * @param {string} message says what happened and what to do
   * @param {{ status: number, code?: string, field?: string, id?: string, retryAfterS?: number, body?: any }} about
   */
  constructor(message, { status, code, field, id, retryAfterS, body }) {
    super(message);
    this.name = "Problem";
    /** 0: no answer came. */
    this.status = status;
    this.code = code ?? "";
    /** Of the body or the query, if it is one. */
    this.field = field ?? "";
    /** Of the exchange or the audit record. */
    this.id = id ?? "";
    this.retryAfterS = retryAfterS;
    /** @type {any} the answer: of code that does not load also `file`, `line`, `column`, `detail`; of red cases `cases` */
    this.body = body;
  }

  /** Somebody has changed the record since it was read. */
  get changedSince() {
    return this.status === 412;
  }

  /** The session has ended. */
  get signedOut() {
    return this.status === 401;
  }
}

const ADVICE = new Map([
  [0, "The gateway cannot be reached: check the network, and try again"],
  [401, "The session has ended: sign in again"],
  [404, "It is not there. It may have been deleted: go back, and read the list again"],
  [412, "Somebody has changed it since you read it: compare, then save again"],
  [413, "What was sent is too large: make it shorter, and try again"],
  [502, "A proxy before the gateway cannot reach it: try again"],
  [504, "A proxy before the gateway did not wait for it: try again"],
]);

/**
 * The problem that an answer tells of: Auth0's shape, RFC 9457's (problem+json), OAuth's, or none that we know.
 * @param {number} status
 * @param {Headers} headers
 * @param {unknown} body as it was decoded, or its text
 */
export function problemOf(status, headers, body) {
  const told = typeof body === "object" && body !== null ? /** @type {Record<string, any>} */ (body) : {};
  const message = firstText(told.message, told.detail, told.error_description, told.title) ??
    ADVICE.get(status) ?? `The gateway answered ${status}: try again. If it stays so, its log says why`;
  const retry = Number(headers.get("Retry-After"));
  return new Problem(message, {
    status,
    code: firstText(told.errorCode, told.code, told.error),
    field: firstText(told.field),
    id: firstText(told.exchange_id, told.audit_id, headers.get("X-Request-Id"), headers.get("X-Audit-Id")),
    retryAfterS: Number.isFinite(retry) && retry > 0 ? retry : undefined,
    body,
  });
}

/** No answer came. */
export function unreachable() {
  return new Problem(/** @type {string} */ (ADVICE.get(0)), { status: 0, code: "unreachable" });
}

/** @param {unknown[]} candidates */
function firstText(...candidates) {
  return /** @type {string | undefined} */ (candidates.find((each) => typeof each === "string" && each));
}
