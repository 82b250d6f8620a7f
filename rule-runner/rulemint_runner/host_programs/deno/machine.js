/** What a rule sees of its machine: as little as a container shows of a process in it, so that libraries may look. */

import { elapsedMs } from "./clock.js";

const NOBODY = 65_534;
const UMASK = 0o022;
const PROCESSOR = { model: "", speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } };

/** Of `os`. */
export const NO_MACHINE = {
  cpus: () => [{ ...PROCESSOR }],
  freemem: () => 0,
  homedir: () => "/",
  hostname: () => "localhost",
  loadavg: () => [0, 0, 0],
  networkInterfaces: () => ({}),
  release: () => "",
  tmpdir: () => "/tmp",
  totalmem: () => 0,
  uptime: () => 0,
  userInfo: () => ({ uid: NOBODY, gid: NOBODY, username: "rule", homedir: "/", shell: null }),
  version: () => "",
};

/** Of `process`; `process.umask` may be asked, and not be told. */
export const PROCESS = {
  availableMemory: () => 0,
  constrainedMemory: () => 0,
  cwd: () => "/",
  getegid: () => NOBODY,
  geteuid: () => NOBODY,
  getgid: () => NOBODY,
  getgroups: () => [NOBODY],
  getuid: () => NOBODY,
  cpuUsage: processorTime,
  threadCpuUsage: processorTime,
  uptime: () => elapsedMs() / 1000,
};

/**
 * Of the rule's clock, as all times: so many µs since *before*.
 *
 * @param {{ user: number, system: number }} [before]
 */
function processorTime(before) {
  return { user: Math.floor(elapsedMs() * 1000) - (before?.user ?? 0), system: 0 };
}

/**
 * `process.resourceUsage`, of which the processor time is as above.
 *
 * @param {() => any} resourceUsage
 */
export function usageOr(resourceUsage) {
  return () => ({ ...resourceUsage(), userCPUTime: processorTime().user, systemCPUTime: 0 });
}

/**
 * `os.getPriority`, which says nothing of other processes.
 *
 * @param {(pid: number) => unknown} refuse
 */
export function priorityOr(refuse) {
  return (pid = 0) => pid === 0 || pid === globalThis.process.pid ? 0 : refuse(pid);
}

/**
 * `process.umask`, of which only the question is answered.
 *
 * @param {(mask: unknown) => unknown} refuse
 */
export function umaskOr(refuse) {
  return (/** @type {unknown} */ mask) => mask === undefined ? UMASK : refuse(mask);
}
