// npm: i18next@^25
// kind: text
// gives: "Hallo Acme"
const i18next = require('i18next');

exports.onExecuteCredentialsExchange = async (event, api) => {
  await i18next.init({ lng: 'de', resources: { de: { translation: { hello: 'Hallo {{name}}' } } } });
  api.accessToken.setCustomClaim('used', i18next.t('hello', { name: 'Acme' }));
};
