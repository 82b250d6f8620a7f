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

/** @type {Page[]} */
export const PAGES = [
  { path: "/", title: "Overview", keys: "g o", load: () => import("./overview/overview.js") },
];
