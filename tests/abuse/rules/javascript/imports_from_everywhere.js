// case = "L4"
// outcomes = ["failed:exception"]
// log = "none of them"
// ---
module.exports = async (client, scope, audience, context) => {
  const names = ['npm:left-pad', 'jsr:@std/fs', 'https://127.0.0.1:CANARY_PORT/a.js', 'http://127.0.0.2:CANARY_PORT/a.js', 'file:///etc/passwd', 'file://CANARY_FILE',
    '/etc/hosts', 'blob:null/1', 'left-pad'];
  for (const name of names) {
    for (const load of [(it) => import(it), (it) => require(it)]) {
      try {
        await load(name);
      } catch {
        continue;
      }
      return { imported: name };
    }
  }
  throw new Error('none of them');
};
