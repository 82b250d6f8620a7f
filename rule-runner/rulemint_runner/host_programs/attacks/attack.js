// Attacks on the JavaScript host's sandbox: a rule that tells what became of each. Each must throw.

const attacks = {
  "read /etc/passwd": () => Deno.readTextFileSync("/etc/passwd"),
  "read a file through Node": () => nodeModule("fs").readFileSync("/etc/passwd"),
  "list /": () => [...Deno.readDirSync("/")],
  "list another host's descriptors": ({ other_host }) => [...Deno.readDirSync(`/proc/${other_host}/fd`)],
  "read the runner's environment": ({ runner }) => Deno.readTextFileSync(`/proc/${runner}/environ`),
  "write a file in /tmp": () => Deno.writeTextFileSync("/tmp/rulemint-attack", ""),
  "see a variable": () => Deno.env.toObject(),
  "open a socket": () => Deno.connect({ hostname: "127.0.0.1", port: 4 }),
  "open a unix socket": () => Deno.connect({ transport: "unix", path: "/run/docker.sock" }),
  "fetch": () => fetch("http://127.0.0.1:4/"),
  "listen": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  "start a process": () => new Deno.Command("/bin/true").outputSync(),
  "start a process through Node": () => nodeModule("child_process").execFileSync("/bin/true"),
  "load a library": () => Deno.dlopen("libc.so.6", {}),
  "signal the runner": ({ runner }) => Deno.kill(runner, "SIGCONT"),
  "signal the runner through Node": ({ runner }) => globalThis.process.kill(runner, 0),
  "signal another host": ({ other_host }) => Deno.kill(other_host, "SIGCONT"),
  "ask for another host's priority": ({ other_host }) => nodeModule("os").getPriority(other_host),
  "change another host's priority": ({ other_host }) => nodeModule("os").setPriority(other_host, 19),
  "know the machine": () => Deno.hostname(),
  "import from elsewhere": () => import("http://127.0.0.1:4/a.js"),
  "make machine code": () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
  "use more memory than it may": () => new Uint8Array(2 ** 30),
  "have a permission": havePermission,
};

const PERMISSIONS = ["read", "write", "net", "env", "sys", "run", "ffi", "import"];

function havePermission() {
  const held = PERMISSIONS.filter((name) => Deno.permissions.querySync({ name }).state !== "denied");
  if (held.length === 0) throw new Error("all are denied");
  return held;
}

function nodeModule(name) {
  return globalThis.process.getBuiltinModule(name);
}

function become({ become }) {
  return new Deno.Command(become).outputSync();
}

async function attempt(name, attack, targets) {
  try {
    await attack(targets);
    return { name, succeeded: true, detail: "" };
  } catch (error) {
    const detail = `${error?.name}: ${error?.message}`;
    return { name, succeeded: /refused/i.test(detail), detail: detail.slice(0, 100) }; // nobody listens, but we got there
  }
}

export default async ({ context }) => {
  while (context.body.hang) { /* until somebody ends us */ }
  if (context.body.become) return { attempts: [await attempt("become another program", become, context.body)] };
  const attempts = [];
  for (const [name, attack] of Object.entries(attacks)) {
    attempts.push(await attempt(name, attack, context.body));
  }
  return { attempts };
};
