/** The book of one filter, kept up to date by the live log, and held while another page is open. */

import { useEffect, useRef, useState } from "../../vendor/third-party.js";
import { addressOf, get } from "../../api/client.js";
import { EMPTY_BOOK, oldestOf, withNewer, withOlder } from "./book.js";
import { byPlace, recordsOf } from "./record.js";
import { watchLog } from "./stream.js";

/** @typedef {import("./book.js").Book} Book */
/** @typedef {import("./stream.js").Link} Link */

/** So many of the past come first, and so many more each time that somebody comes near their end. */
const TAIL = 1_000;

/** What was here when the page was left, so that it is there at once when somebody comes back. */
let left = { filter: "", book: EMPTY_BOOK };

/**
 * @param {Record<string, string>} filter as `/logs` takes it
 * @param {string} cleared nothing up to this place is wanted; "": all is
 * @returns {{ book: Book, link: Link, reading: boolean, older: () => Promise<void> }} `older` reads one page more of the past
 */
export function useBook(filter, cleared) {
  const name = addressOf("", filter);
  const [state, set] = useState(() => ({ filter: name, book: left.filter === name ? left.book : EMPTY_BOOK }));
  const [link, setLink] = useState(/** @type {Link} */ ("opening"));
  const newest = useRef(state);
  const change = (/** @type {(book: Book) => Book} */ by) => {
    newest.current = left = { ...newest.current, book: by(newest.current.book) };
    set(newest.current);
  };
  const place = useRef(cleared);
  place.current = cleared;
  useEffect(() => {
    if (newest.current.filter !== name) {
      newest.current = { filter: name, book: EMPTY_BOOK };
      set(newest.current);
    }
    setLink("opening");
    return watchLog({
      query: () => {
        const after = newest.current.book.newest || place.current;
        return after ? { ...filter, after } : { ...filter, tail: TAIL };
      },
      hear: (records) => change((book) => withNewer(book, records)),
      link: setLink,
    });
  }, [name]);
  const [reading, setReading] = useState(false);
  const asked = useRef("");
  const older = async () => {
    const { book, filter: of } = newest.current;
    if (asked.current === of || book.whole || book.cut || of !== name) return;
    asked.current = of; // a list that is scrolled asks often
    setReading(true);
    try {
      const query = { ...filter, tail: TAIL, before: oldestOf(book), follow: false };
      const { body } = await get("/logs", { query, headers: { Accept: "application/x-ndjson" } });
      const records = recordsOf(body);
      const whole = records.filter(({ lost }) => !lost).length < TAIL || isBehind(place.current, records);
      if (newest.current.filter === of) change((now) => withOlder(now, records, { whole }));
    } finally {
      asked.current = "";
      setReading(false);
    }
  };
  return { book: state.filter === name ? state.book : EMPTY_BOOK, link, reading, older };
}

/**
 * A page goes back behind the place where the log was cleared, so nobody wants what is older.
 * @param {string} cleared
 * @param {import("./record.js").LogRecord[]} records the oldest first
 */
function isBehind(cleared, records) {
  const oldest = records.find(({ id }) => id)?.id;
  return Boolean(cleared && oldest && byPlace(oldest, cleared) <= 0);
}
