module.exports = async (client, scope, audience, context) => {
  return { a: JSON.stringify(Deno.env.toObject()) };
};
