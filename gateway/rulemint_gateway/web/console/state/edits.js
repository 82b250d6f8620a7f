/**
 * What a person writes for a new record or over one: kept in the browser until it is saved or discarded, and compared
 * when somebody else was first. No secret belongs in it.
 */

import { useState } from "../vendor/third-party.js";
import { dropDraft, keepDraft, keptDraft } from "./drafts.js";

/**
 * @typedef {Record<string, string | boolean>} Values of the fields of a form
 * @typedef {{ etag: string | null, values: Values }} Version `etag`: of the record as it was read; null: it is new
 * @typedef {object} Edits
 * @property {any} values as they are written now
 * @property {string | null} etag of the record that they were begun on
 * @property {boolean} changed they are not what the record has
 * @property {boolean} restored some were written before the form was opened
 * @property {boolean} unkept the browser does not keep them: its storage is full or off
 * @property {Version | null} theirs what somebody else has saved since, until a person has decided
 * @property {(changes: Values) => void} change
 * @property {() => void} drop what was written is saved
 * @property {() => void} discard what was written is given up for what the record has
 * @property {(theirs: Version) => void} meet somebody else was first
 * @property {() => void} keepMine what is written takes the place of theirs at the next save
 * @property {() => void} takeTheirs what is written is given up for theirs
 */

/**
 * @param {string} name of the draft, such as `client/c_1`
 * @param {Version} record
 * @returns {Edits}
 */
export function useEdits(name, record) {
  const [edits, setEdits] = useState(() => begun(keptDraft(name), record));
  const [restored, setRestored] = useState(() => !same(edits, record));
  const [unkept, setUnkept] = useState(false);
  const [theirs, setTheirs] = useState(/** @type {Version | null} */ (null));
  const become = (/** @type {Version} */ next) => {
    setEdits(next);
    if (same(next, record)) dropDraft(name); // or it would come back as a change, once somebody else has saved
    else setUnkept(!keepDraft(name, next));
  };
  const decide = (/** @type {Version} */ next) => {
    become(next);
    setTheirs(null);
  };
  return {
    ...edits,
    changed: !same(edits, record),
    restored,
    unkept,
    theirs,
    change: (changes) => become({ ...edits, values: { ...edits.values, ...changes } }),
    drop: () => dropDraft(name),
    discard: () => {
      decide(record);
      setRestored(false);
    },
    meet: setTheirs,
    keepMine: () => theirs && decide({ ...edits, etag: theirs.etag }),
    takeTheirs: () => theirs && decide(theirs),
  };
}

/**
 * The same for a record that is not there yet.
 * @param {string} name of the draft, such as `new-client`
 * @param {Values} empty the values of an untouched form
 * @returns {Edits}
 */
export function useDraft(name, empty) {
  return useEdits(name, { etag: null, values: empty });
}

/**
 * @param {Version} one
 * @param {Version} other
 */
const same = (one, other) => JSON.stringify(one.values) === JSON.stringify(other.values);

/**
 * What somebody wrote before a reload, if it fits the form; else the record.
 * @param {any} kept nonsense, if somebody wrote into the browser's storage
 * @param {Version} record
 * @returns {Version}
 */
export function begun(kept, record) {
  const { etag, values } = kept ?? {};
  const names = Object.keys(record.values);
  const fits = typeof values === "object" && values !== null && (etag === null || typeof etag === "string") &&
    Object.keys(values).length === names.length &&
    names.every((name) => typeof values[name] === typeof record.values[name]);
  return fits ? { etag, values } : record;
}
