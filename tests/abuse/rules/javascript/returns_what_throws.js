// case = "M7"
// outcomes = ["failed:bad_result", "failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { toJSON() { throw new Error('not me'); } };
};
