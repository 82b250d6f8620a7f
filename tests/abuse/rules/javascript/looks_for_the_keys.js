// case = "A17"
// outcomes = ["failed:exception"]
// log = "none of them"
// ---
module.exports = async (client, scope, audience, context) => {
  const flat = ['', 'master.key', 'runner.key', 'valkey.password', 'admin.json', 'run/valkey.conf'];
  for (const name of [...flat, 'keys/master.key', 'runner-key/runner.key', 'password/valkey.password']) {
    for (const attempt of [Deno.readTextFileSync, (path) => [...Deno.readDirSync(path)], Deno.openSync]) {
      try {
        return { a: String(attempt('KEYS_FOLDER/' + name)) };
      } catch {
        // as it should
      }
    }
  }
  throw new Error('none of them');
};
