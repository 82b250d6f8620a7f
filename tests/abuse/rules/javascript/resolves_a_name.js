// case = "C12"
// outcomes = ["failed:exception"]
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: await Deno.resolveDns('example.com', 'A') };
};
