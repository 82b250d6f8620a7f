// npm: typescript@^5
// kind: tools
// gives: "const plan = 'gold';\n"
const ts = require('typescript');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const options = { compilerOptions: { target: ts.ScriptTarget.ES2022 } };
  api.accessToken.setCustomClaim('used', ts.transpileModule("const plan: string = 'gold';", options).outputText);
};
