// case = "A11"
// outcomes = ["failed:exception"]
// log = "all of them refused"
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  const changes = [
    () => Deno.chmodSync('CANARY_FILE', 0o777), () => Deno.chownSync('CANARY_FILE', 1, 1), () => Deno.utimeSync('CANARY_FILE', 1, 1),
    () => Deno.renameSync('CANARY_FILE', 'CANARY_FOLDER/y'), () => Deno.removeSync('CANARY_FILE'), () => Deno.mkdirSync('CANARY_FOLDER/d'),
    () => Deno.truncateSync('CANARY_FILE'), () => Deno.linkSync('CANARY_FILE', 'CANARY_FOLDER/l'), () => Deno.makeTempFileSync(),
  ];
  let refused = 0;
  for (const change of changes) {
    try {
      change();
    } catch {
      refused++;
    }
  }
  if (refused !== changes.length) return { changed: changes.length - refused };
  throw new Error('all of them refused');
};
