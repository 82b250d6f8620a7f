module.exports = (client, scope audience) => ({});
