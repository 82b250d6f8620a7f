module.exports = async (client, scope, audience, context) => {
  return { a: await Deno.resolveDns('example.com', 'A') };
};
