module.exports = async (client, scope, audience, context) => {
  require('process').abort();
};
