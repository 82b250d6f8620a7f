// npm: bluebird@^3
// kind: flow
// gives: "late"
const Promise = require('bluebird');
const wait = Promise.promisify((milliseconds, done) => setTimeout(done, milliseconds));

exports.onExecuteCredentialsExchange = async (event, api) => {
  await Promise.map([1, 2], (n) => Promise.delay(n), { concurrency: 1 });
  api.accessToken.setCustomClaim('used', await wait(10000).timeout(20, 'late').catch(Promise.TimeoutError, (error) => error.message));
};
