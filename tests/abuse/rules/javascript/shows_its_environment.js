// case = "B4"
// outcomes = ["failed:exception"]
//
// [with_permissions]
// outcomes = ["granted"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: JSON.stringify(Deno.env.toObject()) };
};
