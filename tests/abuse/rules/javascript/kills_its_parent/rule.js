module.exports = async (client, scope, audience, context) => {
  Deno.kill(Deno.ppid, 'SIGKILL');
};
