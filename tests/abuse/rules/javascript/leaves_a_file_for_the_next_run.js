// case = "A15"
// outcomes = ["failed:exception"]
// log = "nowhere"
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  for (const folder of ['/tmp', '/dev/shm', '/var/tmp', '.', '/']) {
    try {
      Deno.writeTextFileSync(`${folder}/rulemint-left`, 'x');
    } catch {
      continue;
    }
    return { wrote: folder };
  }
  throw new Error('nowhere');
};
