module.exports = async (client, scope, audience, context) => ({ scope });
