/** A rule while somebody works at it: what was read, what is written, and what others have saved in between. */

import { changeRule, readRule, readVersion } from "../../api/rules.js";
import { dropDraft, keepDraft, keptDraft } from "../../state/drafts.js";
import { changesOf, textOf } from "../../state/rule_texts.js";
import { tell } from "../../state/toasts.js";
import { useEffect, useMemo, useRef, useState } from "../../vendor/third-party.js";

/**
 * @typedef {import("../../api/rules.js").Rule} Rule
 * @typedef {import("../../api/rules.js").RuleText} RuleText
 * @typedef {{ rule: Rule, etag: string | null, number: number, base: RuleText, power: import("../../api/rules.js").Power | null, message: string }} Read
 *   `number`: of the version that the next one goes on from: the draft, or else the one that runs
 * @typedef {{ text: RuleText, number: number, message: string, base?: RuleText }} Kept
 */

const KEPT_AFTER_MS = 200;

/**
 * @param {string} id
 * @param {AbortSignal} [signal]
 * @returns {Promise<Read>}
 */
export async function readForEditing(id, signal) {
  const { rule, etag } = await readRule(id, signal);
  const number = rule.draft_version ?? rule.version;
  const newest = rule.version && number !== rule.version ? await readVersion(id, number, signal) : rule;
  return { rule, etag, number, base: textOf(newest), power: newest.power, message: newest.message };
}

/**
 * @param {string} id
 * @param {Read} first as it was read when the page was opened
 */
export function useEditing(id, first) {
  const name = `rule/${id}`;
  const kept = useMemo(() => /** @type {Kept | undefined} */ (keptDraft(name)), []);
  const [read, setRead] = useState(first);
  const [text, setText] = useState(kept ? { ...first.base, ...kept.text } : first.base);
  const [message, setMessage] = useState(kept?.message ?? "");
  const [theirs, setTheirs] = useState(
    /** @type {Read | null} */ (kept && kept.number !== first.number && hasChanges(kept.text, first.base)
      ? first
      : null),
  );
  const changes = changesOf(text, read.base);
  const changed = Object.keys(changes).length > 0;
  useKept(name, changed ? { text, number: read.number, message } : null);

  /** What others have saved takes the place of what the page was opened with. */
  const take = (/** @type {Read} */ newer, /** @type {RuleText} */ merged) => {
    setRead(newer);
    setText(merged);
    setTheirs(null);
  };
  /** After this person has deployed a version: what is not saved stays, and goes on from that version. */
  const readAgain = async () => {
    const newer = await readForEditing(id);
    take(newer, changed ? text : newer.base);
  };
  /** A `Problem` that says that somebody was faster becomes the view that merges. */
  const guarded = async (/** @type {() => Promise<any>} */ write) => {
    try {
      return await write();
    } catch (error) {
      if (!(/** @type {any} */ (error).changedSince)) throw error;
      const newer = await readForEditing(id);
      if (newer.number === read.number && !hasChanges(newer.base, read.base)) setRead(newer);
      else setTheirs(newer);
      throw new Error(
        newer.number === read.number
          ? "Somebody has changed the rule, but not its text: look at it, and do it again"
          : "Somebody has saved another version since you read it: merge the two",
      );
    }
  };
  const save = (/** @type {{ noCheck?: boolean }} */ { noCheck } = {}) =>
    guarded(async () => {
      if (!changed) return read;
      const written = await changeRule(id, { ...changes, ...(message ? { message } : {}), draft: true }, {
        ifMatch: read.etag,
        noCheck,
      });
      const { rule } = written;
      const number = rule.draft_version ?? rule.version;
      const saved = await readVersion(id, number);
      const base = textOf(saved);
      const now = { rule, etag: written.etag, number, base, power: saved.power, message };
      setRead(now);
      setText((before) => before === text ? base : before); // it may spell a host or a test in another way
      setMessage("");
      dropDraft(name);
      tell(rule.warning ?? `Saved as draft v${number}. It does not run until it is deployed`);
      return now;
    });
  return {
    ...read,
    id,
    text,
    message,
    changes,
    changed,
    restored: !!kept,
    theirs,
    set: (/** @type {Partial<RuleText>} */ some) => setText((before) => ({ ...before, ...some })),
    setMessage,
    setRule: (/** @type {Rule} */ rule, /** @type {string | null} */ etag) =>
      setRead((before) => ({ ...before, rule, etag })),
    take,
    drop: () => {
      setText(read.base);
      setMessage("");
      dropDraft(name);
    },
    readAgain,
    guarded,
    save,
  };
}

/** @typedef {ReturnType<typeof useEditing>} Editing */

/**
 * @param {RuleText} text
 * @param {RuleText} base
 */
const hasChanges = (text, base) => Object.keys(changesOf(textOf(text), base)).length > 0;

/**
 * Keep what is written in the browser a moment after it is written, and at once when the page goes.
 * @param {string} name
 * @param {Kept | null} draft null: there is nothing that the server does not have
 */
function useKept(name, draft) {
  const newest = useRef(draft);
  newest.current = draft;
  useEffect(() => {
    const timer = setTimeout(() => keep(name, newest.current), KEPT_AFTER_MS);
    return () => clearTimeout(timer);
  }, [JSON.stringify(draft)]);
  useEffect(() => {
    const flush = () => keep(name, newest.current);
    addEventListener("pagehide", flush);
    return () => {
      removeEventListener("pagehide", flush);
      flush();
    };
  }, []);
}

/**
 * @param {string} name
 * @param {Kept | null} draft
 */
const keep = (name, draft) => void (draft ? keepDraft(name, draft) : dropDraft(name));
