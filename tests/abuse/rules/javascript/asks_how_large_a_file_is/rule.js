module.exports = async (client, scope, audience, context) => {
  return { a: Deno.statSync('/etc/shadow').size };
};
