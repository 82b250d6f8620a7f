module.exports = async (client, scope, audience, context) => {
  for (const name of ['', 'master.key', 'valkey.password', 'admin.json', 'keys/master.key', 'run/valkey.conf']) {
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
