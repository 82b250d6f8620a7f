module.exports = async (client, scope, audience, context) => {
  return { a: require('child_process').execSync('id').toString() };
};
