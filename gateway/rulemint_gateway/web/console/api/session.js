/** Calls about the session, which the server keeps: the page knows no more of it than what it may do. */

import { del, get, post } from "./client.js";

/**
 * @typedef {{ tenant: string, subject: string, client_id?: string, scopes: string[], expires_at: string }} Session
 * @typedef {{ oidc: { name: string, start: string }[], client_credentials: boolean }} WaysToSignIn
 */

const SESSION = "/console/api/session";

/** @returns {Promise<Session>} */
export async function readSession() {
  return (await get(SESSION)).body;
}

/**
 * @param {{ link: string } | { client_id: string, client_secret: string, tenant?: string }} proof
 * @returns {Promise<Session>}
 */
export async function beginSession(proof) {
  return (await post(SESSION, proof)).body;
}

export async function endSession() {
  await del(SESSION);
}

/** @returns {Promise<WaysToSignIn>} */
export async function readWaysToSignIn() {
  return (await get("/console/api/sign-in")).body;
}
