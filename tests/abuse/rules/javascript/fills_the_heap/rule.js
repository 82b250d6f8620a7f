module.exports = async (client, scope, audience, context) => {
  const a = [];
  for (;;) a.push(new Array(10000).fill(Math.random()));
};
