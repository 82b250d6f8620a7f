module.exports = async (client, scope, audience, context) => {
  return { a: [...Deno.readDirSync('/')].length };
};
