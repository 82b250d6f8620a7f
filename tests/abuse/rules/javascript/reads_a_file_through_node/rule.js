module.exports = async (client, scope, audience, context) => {
  return { a: require('fs').readFileSync('CANARY_FILE', 'utf8') };
};
