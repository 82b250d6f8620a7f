"""What a sandbox refuses says so, in the rule itself: one rule of each language tries everything."""

from __future__ import annotations

import json

from fixtures.hosts import loaded
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

REFUSED = "a rule's sandbox refuses that"
EVENTS = """
const fails = (emitter) => new Promise((done, fail) => emitter.on('error', fail).on('connect', done));
const calls = (start) => new Promise((done, fail) => start((error, value) => error ? fail(error) : done(value)));
"""
IN_NODE = [
    "process.exit()", "process.reallyExit()", "process.abort()", "process.kill(process.pid)", "process.chdir('/')",
    "process.setuid(0)", "process.umask(0)", "process.dlopen({}, '/x.node')", "process.loadEnvFile()",
    "require('fs').readFileSync('/etc/passwd')", "require('fs').writeFileSync('/tmp/x', '')",
    "require('fs').accessSync('/')", "require('fs').readdirSync('/')", "require('fs').statSync('/')",
    "require('fs').mkdirSync('/tmp/x')", "require('fs').unlinkSync('/x')", "require('fs').symlinkSync('/x', '/y')",
    "require('fs').openSync('/x')", "require('fs').writeSync(3, 'x')", "require('fs').readSync(3, Buffer.alloc(1))",
    "require('fs/promises').readFile('/x')", "calls((done) => require('fs').readFile('/x', done))",
    "fails(require('fs').createReadStream('/x'))", "fails(require('fs').createWriteStream('/x'))",
    "(await import('fs')).readFileSync('/x')", "require('module').createRequire('/')('fs').readFileSync('/x')",
    "require('child_process').exec('ls')", "require('child_process').execSync('ls')",
    "require('child_process').execFile('ls')", "require('child_process').execFileSync('ls')",
    "require('child_process').spawn('ls')", "require('child_process').spawnSync('ls')",
    "require('child_process').fork('/x.js')", "(await import('node:child_process')).execSync('ls')",
    "require('util').promisify(require('child_process').exec)('ls')",
    "require('cluster').fork()", "new (require('worker_threads').Worker)('/x.js')",
    "new (require('worker_threads').Worker)('console.log(1)', { eval: true })",
    "new Worker('data:text/javascript,console.log(1)', { type: 'module' })",
    "new (require('inspector').Session)().connect()", "require('inspector').open()",
    "require('os').getPriority(1)", "require('os').setPriority(1)", "require('v8').writeHeapSnapshot()",
    "new (require('tty').WriteStream)(1)", "new (require('tty').ReadStream)(0)", "require('net').Socket({ fd: 0 })",
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
    assert stack.startswith("NotCapable: ENOENT: no such file or directory, /etc/passwd: ")
    assert "refused.js" not in stack


IN_PYTHON = [
    "os.system('ls')", "os.popen('ls')", "os.fork()", "os.execv('/bin/ls', ['ls'])", "os.spawnv(0, '/bin/ls', ['ls'])",
    "os.posix_spawn('/bin/ls', ['ls'], {})", "os.kill(1, 9)", "os.setuid(0)", "os.nice(1)",
    "subprocess.run(['ls'])", "subprocess.check_output('ls', shell=True)",
    "concurrent.futures.ThreadPoolExecutor(1).submit(print)",
    "asyncio.run(asyncio.create_subprocess_exec('ls'))", "multiprocessing.Process(target=print).start()",
    "threading.Thread(target=print).start()", "_thread.start_new_thread(print, ())",
]  # fmt: skip
PYTHON_FILES = [
    "open('/etc/passwd')", "open('/tmp/x', 'w')", "io.open('/x')", "os.open('/etc/passwd', 0)",
    "pathlib.Path('/etc/passwd').read_text()", "pathlib.Path('/tmp/x').write_text('')", "os.listdir('/')",
    "os.stat('/etc/passwd')", "os.mkdir('/tmp/x')", "os.remove('/x')", "os.rename('/x', '/y')", "os.chdir('/')",
    "shutil.copy('/x', '/y')", "tempfile.TemporaryFile()", "tempfile.mkdtemp()", "logging.FileHandler('/tmp/x')",
    "multiprocessing.Queue()", "concurrent.futures.ProcessPoolExecutor(1)",
]  # fmt: skip
PYTHON_NETWORK = {
    "smtplib.SMTP('a.example.com')": "a.example.com:25",
    "ftplib.FTP('a.example.com')": "a.example.com:21",
    "socket.create_connection(('a.example.com', 25)).recv(1)": "a.example.com:25",
    "socket.create_connection(('a.example.com', 25)).sendall(b'EHLO\\r\\n\\r\\n')": "a.example.com:25",
    "socket.create_connection(('192.0.2.1', 80))": "192.0.2.1",
    "socket.create_server(('', 0))": "socket",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)": "socket",
    "socket.socket(socket.AF_UNIX)": "socket",
    "socket.gethostbyname('a.example.com')": "a.example.com",
    "socket.gethostbyaddr('192.0.2.1')": "192.0.2.1",
    "asyncio.run(asyncio.open_connection('a.example.com', 25))": "a.example.com:25",
}
PYTHON_RULE = """
import _thread, asyncio, concurrent.futures, ftplib, io, logging, multiprocessing, os, pathlib, shutil, smtplib, socket
import subprocess, tempfile, threading

USES = {
%s
}

def rule(client, scope, audience, context):
    said = {}
    for name, use in USES.items():
        try:
            said[name] = f"nothing: {use()}"
        except Exception as error:
            said[name] = str(error)
    return {"said": said}
"""


def in_python(*uses: str) -> str:
    return PYTHON_RULE % "\n".join(f"    {use!r}: lambda: {use}," for use in uses)


async def test_what_python_s_modules_are_refused_says_so(sandbox: Sandbox) -> None:
    said = await said_by(sandbox, in_python(*IN_PYTHON, *PYTHON_FILES), Language.PYTHON)
    assert {use: said[use] for use in IN_PYTHON if "a rule's sandbox refuses" not in said[use]} == {}
    assert {use: said[use] for use in PYTHON_FILES if "sandbox refuses every file but Python's" not in said[use]} == {}


async def test_what_python_is_refused_of_the_network_names_the_host_and_the_setting(sandbox: Sandbox) -> None:
    said = await said_by(sandbox, in_python(*PYTHON_NETWORK), Language.PYTHON)
    for use, host in PYTHON_NETWORK.items():
        assert host in said[use], use
        assert "a rule's sandbox refuses every socket" in said[use], use
        assert "allow_hosts" in said[use], use


async def test_an_error_that_is_no_refusal_keeps_its_words(sandbox: Sandbox) -> None:
    uses = ("os.close(99)", "os.mkdir(7)", "open('/x', 'nonsense')")
    said = await said_by(sandbox, in_python(*uses), Language.PYTHON)
    assert not [text for text in said.values() if "sandbox" in text], said
