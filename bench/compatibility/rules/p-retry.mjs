// npm: p-retry@^6
// kind: flow
// gives: 3
import pRetry from 'p-retry';

export default async () => ({
  used: await pRetry((attempt) => {
    if (attempt < 3) throw new Error('not yet');
    return attempt;
  }, { minTimeout: 1 }),
});
