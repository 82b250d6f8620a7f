// case = "A5"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: [...Deno.readDirSync('/')].length };
};
