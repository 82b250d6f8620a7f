/**
 * The place in the page, in the fragment of the address: `#/rules/rul_1?tab=versions`. Filters stand in it, so that a
 * place can be kept and sent.
 */

import { computed, signal } from "../vendor/third-party.js";

/** @typedef {{ path: string, query: Record<string, string> }} Place */

/** @type {import("../vendor/third-party.js").Signal<Place>} */
const current = signal({ path: "/", query: {} });

export const place = computed(() => current.value);

/**
 * @param {string} fragment as it stands in the address, with or without `#`
 * @returns {Place}
 */
export function placeOf(fragment) {
  const text = fragment.replace(/^#/, "");
  const mark = text.indexOf("?");
  const path = mark < 0 ? text : text.slice(0, mark);
  return {
    path: `/${path.replace(/^\/+|\/+$/g, "")}`,
    query: Object.fromEntries(new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1))),
  };
}

/**
 * The address of a place, for a link.
 * @param {string} path such as `/rules/rul_1`; encode ids by `part`
 * @param {Record<string, string | number | boolean | null | undefined>} [query] empty values are left out
 */
export function at(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#${path}${text ? `?${text}` : ""}`;
}

/** An id as a part of a path: one may have any character in it. */
export const part = encodeURIComponent;

/**
 * @param {string} path
 * @param {Parameters<typeof at>[1]} [query]
 */
export function go(path, query) {
  location.hash = at(path, query);
}

/**
 * Change the query of this place, without a step in the browser's history.
 * @param {Record<string, string | number | boolean | null | undefined>} changes null or "" takes one away
 */
export function refine(changes) {
  const { path, query } = current.peek();
  history.replaceState(history.state, "", at(path, { ...query, ...changes }));
  current.value = placeOf(location.hash);
}

/**
 * The values of a pattern's parts that begin with a colon; null: it does not fit.
 * @param {string} pattern such as `/rules/:id`
 * @param {string} path
 * @returns {Record<string, string> | null}
 */
export function matched(pattern, path) {
  const wanted = pattern.split("/");
  const found = path.split("/");
  if (wanted.length !== found.length) return null;
  /** @type {Record<string, string>} */
  const values = {};
  for (const [index, name] of wanted.entries()) {
    if (name.startsWith(":")) values[name.slice(1)] = decoded(found[index]);
    else if (name !== found[index]) return null;
  }
  return values;
}

const LEFT = "rulemint.place";

/** Keep the place while the browser is at a provider's page to sign in, from which it comes back without one. */
export function keepPlace() {
  try {
    sessionStorage.setItem(LEFT, location.hash);
  } catch {
    // no storage: the overview is where it comes back to
  }
}

function returnToPlace() {
  try {
    const left = sessionStorage.getItem(LEFT);
    sessionStorage.removeItem(LEFT);
    if (left && !location.hash) history.replaceState(null, "", left);
  } catch {
    // as above
  }
}

/** Follow the address from now on. */
export function followAddress() {
  returnToPlace();
  const follow = () => (current.value = placeOf(location.hash));
  addEventListener("hashchange", follow);
  follow();
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
