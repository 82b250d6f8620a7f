// npm: rxjs@^7
// kind: flow
// gives: 6
const { firstValueFrom, from, map, mergeMap, reduce, timer } = require('rxjs');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const sum = from([1, 2, 3]).pipe(mergeMap((n) => timer(n).pipe(map(() => n))), reduce((total, n) => total + n, 0));
  api.accessToken.setCustomClaim('used', await firstValueFrom(sum));
};
