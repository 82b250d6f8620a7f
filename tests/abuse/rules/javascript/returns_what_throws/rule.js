module.exports = async (client, scope, audience, context) => {
  return { toJSON() { throw new Error('not me'); } };
};
