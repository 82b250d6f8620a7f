// npm: chalk@^4
// kind: logs
// gives: "\u001b[31mred\u001b[39m"
const chalk = require('chalk');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', new chalk.Instance({ level: 1 }).red('red'));
};
