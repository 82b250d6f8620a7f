// case = "E5"
// outcomes = ["failed:exception"]
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  Deno.kill(Deno.ppid, 'SIGKILL');
};
