module.exports = async (client, scope, audience, context) => {
  const a = [];
  for (;;) a.push(new Uint8Array(50e6).fill(1));
};
