// npm: prettier@^3
// kind: tools
// gives: "let plan = \"gold\";\n"
const prettier = require('prettier/standalone');
const babel = require('prettier/plugins/babel');
const estree = require('prettier/plugins/estree');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const plugins = [babel.default ?? babel, estree.default ?? estree];
  api.accessToken.setCustomClaim('used', await prettier.format("let plan='gold'", { parser: 'babel', plugins }));
};
