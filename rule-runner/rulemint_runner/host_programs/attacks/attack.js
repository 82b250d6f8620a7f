// Attacks on the JavaScript host's sandbox: a rule that returns what it could do. Each attempt must throw.

const attacks = {
  "read /etc/passwd": () => Deno.readTextFileSync("/etc/passwd"),
  "read a file through Node": () => nodeModule("fs").readFileSync("/etc/passwd"),
  "list /": () => [...Deno.readDirSync("/")],
  "write a file in /tmp": () => Deno.writeTextFileSync("/tmp/rulemint-attack", ""),
  "see a variable": () => Deno.env.toObject(),
  "open a socket": () => Deno.connect({ hostname: "127.0.0.1", port: 1 }),
  "fetch": () => fetch("http://127.0.0.1:1/"),
  "listen": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  "start a process": () => new Deno.Command("/bin/true").outputSync(),
  "load a library": () => Deno.dlopen("libc.so.6", {}),
  "signal its parent": () => Deno.kill(Deno.ppid, "SIGCONT"),
  "know the machine": () => Deno.hostname(),
  "import from elsewhere": () => import("http://127.0.0.1:1/a.js"),
};

function nodeModule(name) {
  return globalThis.process.getBuiltinModule(name);
}

async function succeeds(attack) {
  try {
    await attack();
    return true;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}

export default async () => {
  const succeeded = [];
  for (const [name, attack] of Object.entries(attacks)) {
    if (await succeeds(attack)) succeeded.push(name);
  }
  return { succeeded };
};
