// npm: esbuild@^0.25
// kind: tools
// cannot: it is a compiled program
const esbuild = require('esbuild');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', esbuild.transformSync('let a: number = 1', { loader: 'ts' }).code);
};
