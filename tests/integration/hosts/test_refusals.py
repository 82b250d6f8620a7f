"""What a sandbox refuses says so, in the rule itself: one rule of each language tries everything."""

from __future__ import annotations

import json

from fixtures.hosts import loaded
from rulemint_runner.hosts import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.records import Language

REFUSED = "a rule's sandbox refuses that"
EVENTS = """
const fails = (emitter) => new Promise((done, fail) => emitter.on('error', fail).on('connect', done));
const calls = (start) => new Promise((done, fail) => start((error, value) => error ? fail(error) : done(value)));
"""
IN_NODE = [
    "process.exit()", "process.reallyExit()", "process.abort()", "process.kill(process.pid)", "process.chdir('/')",
    "process.setuid(0)", "process.umask(0)", "process.dlopen({}, '/x.node')", "process.loadEnvFile()",
    "require('fs').readFileSync('/etc/passwd')", "require('fs').writeFileSync('/tmp/x', '')",
    "require('fs').existsSync('/')", "require('fs').readdirSync('/')", "require('fs').statSync('/')",
    "require('fs').mkdirSync('/tmp/x')", "require('fs').unlinkSync('/x')", "require('fs').symlinkSync('/x', '/y')",
    "require('fs').openSync('/x')", "require('fs').writeSync(1, 'x')", "require('fs').readSync(0, Buffer.alloc(1))",
    "require('fs/promises').readFile('/x')", "calls((done) => require('fs').readFile('/x', done))",
    "fails(require('fs').createReadStream('/x'))", "fails(require('fs').createWriteStream('/x'))",
    "(await import('fs')).readFileSync('/x')", "require('module').createRequire('/')('fs').readFileSync('/x')",
    "require('child_process').exec('ls')", "require('child_process').execSync('ls')",
    "require('child_process').execFile('ls')", "require('child_process').execFileSync('ls')",
    "require('child_process').spawn('ls')", "require('child_process').spawnSync('ls')",
    "require('child_process').fork('/x.js')", "(await import('node:child_process')).execSync('ls')",
    "require('util').promisify(require('child_process').exec)('ls')",
    "require('cluster').fork()", "new (require('worker_threads').Worker)('/x.js')",
    "new (require('inspector').Session)().connect()", "require('inspector').open()",
    "require('os').getPriority()", "require('os').setPriority(1)", "require('v8').writeHeapSnapshot()",
    "new (require('node:sqlite').DatabaseSync)('/x')", "require('net').connect('/run/x.sock')",
]  # fmt: skip
NODE_NETWORK = {
    "fails(require('net').connect(25, 'a.example.com'))": "a.example.com:25",
    "fails(require('net').connect(25, '192.0.2.1'))": "192.0.2.1:25",
    "fails(new (require('net').Socket)().connect({ port: 25, host: 'a.example.com' }))": "a.example.com:25",
    "fails(require('net').createServer().listen(0))": "[::]:0",
    "fails(require('tls').connect(443, 'a.example.com'))": "a.example.com:443",
    "fails(require('http2').connect('https://a.example.com'))": "a.example.com:443",
    "fails(require('http').createServer().listen(0))": "[::]:0",
    "require('dgram').createSocket('udp4')": "dgram",
    "calls((done) => require('dns').lookup('a.example.com', done))": "a.example.com",
    "calls((done) => require('dns').resolve4('a.example.com', done))": "a.example.com",
    "calls((done) => require('dns').resolve('a.example.com', 'MX', done))": "a.example.com",
    "calls((done) => require('dns').reverse('192.0.2.1', done))": "192.0.2.1",
    "calls((done) => new (require('dns').Resolver)().resolve4('a.example.com', done))": "a.example.com",
    "require('dns').promises.resolveTxt('a.example.com')": "a.example.com",
    "require('dns/promises').lookup('a.example.com')": "a.example.com",
    "new (require('dns').promises.Resolver)().resolve4('a.example.com')": "a.example.com",
    "require('util').promisify(require('dns').lookup)('a.example.com')": "a.example.com",
    "(await import('node:dns')).promises.resolve4('a.example.com')": "a.example.com",
    "Deno.connect({ hostname: 'a.example.com', port: 25 })": "a.example.com:25",
}
NODE_RULE = """
module.exports = async (client, scope, audience, context) => {
  const said = {};
  for (const [name, use] of Object.entries(uses)) {
    try { said[name] = `nothing: ${await use()}`; } catch (error) { said[name] = error.message; }
  }
  return { said };
};
"""


async def said_by(sandbox: Sandbox, script: str, language: Language) -> dict[str, str]:
    """What each thing that the rule tries is refused with."""
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Returned), answer
    said: dict[str, str] = json.loads(answer.value)["said"]
    return said


def in_node(*uses: str) -> str:
    table = ",\n".join(f"{json.dumps(use)}: async () => {use}" for use in uses)
    return f"{EVENTS}\nconst uses = {{\n{table}\n}};\n{NODE_RULE}"


async def test_what_node_s_modules_are_refused_says_so(sandbox: Sandbox) -> None:
    said = await said_by(sandbox, in_node(*IN_NODE), Language.JAVASCRIPT)
    assert {use: text for use, text in said.items() if not text.endswith(REFUSED)} == {}
    assert len(said) == len(IN_NODE)


async def test_what_node_is_refused_of_the_network_names_the_host_and_the_setting(sandbox: Sandbox) -> None:
    said = await said_by(sandbox, in_node(*NODE_NETWORK), Language.JAVASCRIPT)
    for use, host in NODE_NETWORK.items():
        assert host in said[use], use
        assert "a rule's sandbox refuses every socket" in said[use], use
        assert "allow_hosts" in said[use], use


async def test_an_address_is_looked_up_by_nobody(sandbox: Sandbox) -> None:
    said = await said_by(
        sandbox, in_node("calls((done) => require('dns').lookup('192.0.2.1', done))"), Language.JAVASCRIPT
    )
    assert list(said.values()) == ["nothing: 192.0.2.1"]


async def test_a_refusal_shows_nothing_of_the_program_that_runs_rules(sandbox: Sandbox) -> None:
    script = """module.exports = (client, scope, audience, context, cb) => {
      try { require('fs').readFileSync('/etc/passwd'); } catch (error) { cb(null, { stack: error.stack }); }
    };"""
    async with loaded(sandbox, script) as rule:
        stack = json.loads(await rule.value())["stack"]
    assert stack.startswith("NotCapable: Requires read access")
    assert "refused.js" not in stack
