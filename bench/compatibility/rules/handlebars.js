// npm: handlebars@^4
// kind: text
// gives: "Hello Acme: free gold "
const Handlebars = require('handlebars');

const greet = Handlebars.compile('Hello {{name}}: {{#each plans}}{{this}} {{/each}}');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', greet({ name: 'Acme', plans: ['free', 'gold'] }));
};
