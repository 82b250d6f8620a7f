// case = "E3"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  new Deno.Command('/bin/true').outputSync();
};
