module.exports = async (client, scope, audience, context) => {
  require('process').exit(0);
};
