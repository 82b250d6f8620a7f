/**
 * The live log over a websocket, which the session's cookie opens. After a break it goes on behind the last record that
 * came, so nothing is missing; what the server no longer has, it tells of by a record of its own.
 */

import { addressOf } from "../../api/client.js";
import { readSession } from "../../api/session.js";
import { ended } from "../../state/session.js";
import { recordOf } from "./record.js";

/** @typedef {import("./record.js").LogRecord} LogRecord */
/** @typedef {"opening" | "live" | "away" | "ended"} Link  `away`: it broke off, and is tried again; `ended`: the session did */

const GATHER_MS = 80;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** Records that wait for the page to take them; a flood must not fill the browser's memory. */
const MOST_WAITING = 20_000;

/**
 * @param {{ query: () => Record<string, string | number>, hear: (records: LogRecord[]) => void, link: (now: Link) => void }} watch
 *   `query`: the filter and the place to begin, asked anew at each try
 * @returns {() => void} ends it
 */
export function watchLog({ query, hear, link }) {
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {LogRecord[]} */
  let waiting = [];
  let gathering = 0;
  let pausing = 0;
  let pause = FIRST_PAUSE_MS;
  let over = false;

  const hand = () => {
    gathering = 0;
    const records = waiting;
    waiting = [];
    if (records.length && !over) hear(records);
  };
  const take = (/** @type {MessageEvent} */ message) => {
    const record = recordOf(String(message.data));
    if (!record) return;
    waiting.push(record);
    if (waiting.length > 2 * MOST_WAITING) waiting = waiting.slice(-MOST_WAITING);
    gathering ||= setTimeout(hand, GATHER_MS);
  };
  const open = () => {
    pausing = 0;
    clearTimeout(gathering);
    hand(); // so that the query names the last that came
    const opened = new WebSocket(addressOf(`${location.origin.replace(/^http/, "ws")}/logs`, query()));
    socket = opened;
    opened.onopen = () => {
      pause = FIRST_PAUSE_MS;
      link("live");
    };
    opened.onmessage = take;
    opened.onclose = () => socket === opened && brokeOff();
  };
  const brokeOff = async () => {
    socket = null;
    if (over) return;
    link("away");
    try {
      await readSession(); // a websocket does not say why it was refused
    } catch (error) {
      if (/** @type {any} */ (error).status === 401 && !over) return link("ended");
    }
    if (over || socket || pausing) return;
    pausing = setTimeout(open, pause * (0.75 + Math.random() / 2));
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  };
  const now = () => {
    if (socket || over) return;
    clearTimeout(pausing);
    open();
  };
  addEventListener("online", now);
  const unhear = ended.subscribe((is) => !is && now());
  return () => {
    over = true;
    unhear();
    removeEventListener("online", now);
    clearTimeout(pausing);
    clearTimeout(gathering);
    if (socket) closeQuietly(socket);
  };
}

/** A browser complains of a socket that is closed while it opens. @param {WebSocket} socket */
function closeQuietly(socket) {
  socket.onmessage = null;
  socket.onclose = null;
  if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
  else socket.close();
}
