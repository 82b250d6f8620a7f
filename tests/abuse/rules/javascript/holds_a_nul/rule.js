module.exports = async (client, scope, audience, context) => ({ a: 1 }); NUL_CHARACTER
