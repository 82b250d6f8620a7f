// case = "A18"
// outcomes = ["failed:exception"]
//
// [with_permissions]
// outcomes = ["granted", "failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: Deno.statSync('/etc/shadow').size };
};
