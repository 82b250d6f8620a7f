module.exports = async (client, scope, audience, context) => {
  for (;;) console.log('x'.repeat(1_000_000));
};
