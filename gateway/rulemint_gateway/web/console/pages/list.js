/**
 * Every page of the console, in the order of the navigation. A page is a module of its own in a folder here, which is
 * loaded when somebody opens it; its default export is a component that gets `{ params, query }`.
 *
 * @typedef {{ default: (props: { params: Record<string, string>, query: Record<string, string> }) => any }} PageModule
 * @typedef {object} Page
 * @property {string} path with parts such as `:id`
 * @property {string} title of the window, and in the navigation
 * @property {() => Promise<PageModule>} load
 * @property {string} [keys] that lead there, and put it into the navigation
 * @property {string} [under] the path of the page that the navigation shows as the current one
 * @property {string | string[]} [scope] without which the page has nothing to show
 */

import { matched } from "../state/router.js";

/** @type {Page[]} */
export const PAGES = [
  { path: "/", title: "Overview", keys: "g o", load: () => import("./overview/overview.js") },
  { path: "/rules", title: "Rules", keys: "g r", scope: "read:rules", load: () => import("./rules/rules.js") },
  { path: "/rules/:id", title: "Rule", under: "/rules", scope: "read:rules", load: () => import("./editor/editor.js") },
  { path: "/try", title: "Try", keys: "g y", scope: "update:rules", load: () => import("./try/try.js") },
  { path: "/logs", title: "Logs", keys: "g l", scope: "read:logs", load: () => import("./logs/logs.js") },
  {
    path: "/exchanges",
    title: "Token requests",
    keys: "g x",
    scope: "read:logs",
    load: () => import("./exchanges/exchanges.js"),
  },
  {
    path: "/exchanges/:id",
    title: "Token request",
    under: "/exchanges",
    scope: "read:logs",
    load: () => import("./exchanges/exchange.js"),
  },
  {
    path: "/backtest",
    title: "Backtest, canary",
    keys: "g b",
    scope: "read:rules",
    load: () => import("./backtest/backtest.js"),
  },
  {
    path: "/clients",
    title: "Clients",
    keys: "g c",
    scope: "read:clients",
    load: () => import("./clients/clients.js"),
  },
  {
    path: "/clients/:id",
    title: "Client",
    under: "/clients",
    scope: "read:clients",
    load: () => import("./clients/client.js"),
  },
  { path: "/apis", title: "APIs", keys: "g a", scope: "read:resource_servers", load: () => import("./apis/apis.js") },
  {
    path: "/apis/:id",
    title: "API",
    under: "/apis",
    scope: "read:resource_servers",
    load: () => import("./apis/api.js"),
  },
  {
    path: "/grants",
    title: "Grants",
    keys: "g g",
    scope: "read:client_grants",
    load: () => import("./grants/grants.js"),
  },
  {
    path: "/keys",
    title: "Signing keys",
    keys: "g k",
    scope: "read:signing_keys",
    load: () => import("./keys/keys.js"),
  },
  {
    path: "/settings",
    title: "Settings",
    keys: "g s",
    scope: "read:tenant_settings",
    load: () => import("./settings/settings.js"),
  },
  { path: "/audit", title: "Audit", keys: "g u", scope: "read:logs", load: () => import("./audit/audit.js") },
  {
    path: "/sessions",
    title: "Sessions",
    keys: "g i",
    scope: "read:sessions",
    load: () => import("./sessions/sessions.js"),
  },
  {
    path: "/tenants",
    title: "Tenants",
    keys: "g t",
    scope: "read:tenants",
    load: () => import("./tenants/tenants.js"),
  },
];

/**
 * @param {string} path
 * @returns {{ page: Page, params: Record<string, string> } | null} null: there is no such page
 */
export function pageAt(path) {
  for (const page of PAGES) {
    const params = matched(page.path, path);
    if (params) return { page, params };
  }
  return null;
}
