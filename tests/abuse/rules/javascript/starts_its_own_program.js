// case = "E3"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: new Deno.Command(Deno.execPath(), { args: ['eval', '1'] }).outputSync().code };
};
