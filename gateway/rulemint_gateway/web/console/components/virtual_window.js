/** Which rows of a long list are in the document: those in sight, and a few around them. */

/**
 * @param {{ count: number, rowHeight: number, scrolled: number, height: number, around?: number }} list in pixels
 * @returns {{ first: number, last: number }} `last` is the first that is left out
 */
export function windowOf({ count, rowHeight, scrolled, height, around = 12 }) {
  const first = Math.floor(Math.max(0, scrolled) / rowHeight) - around;
  const last = Math.ceil((Math.max(0, scrolled) + height) / rowHeight) + around;
  return { first: Math.min(Math.max(0, first), count), last: Math.min(Math.max(0, last), count) };
}

/**
 * Where a key leads from a row; undefined: it leads nowhere.
 * @param {string} key
 * @param {{ at: number, count: number, page: number }} list `page`: rows in sight
 */
export function moved(key, { at, count, page }) {
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined || !count ? undefined : Math.min(Math.max(0, to), count - 1);
}

/**
 * How far to scroll so that a row is in sight.
 * @param {number} row
 * @param {{ rowHeight: number, scrolled: number, height: number }} list
 */
export function scrolledTo(row, { rowHeight, scrolled, height }) {
  const top = row * rowHeight;
  if (top < scrolled) return top;
  return top + rowHeight > scrolled + height ? top + rowHeight - height : scrolled;
}
