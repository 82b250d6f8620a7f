// npm: lru-cache@^11
// kind: flow
// gives: [null, 2]
import { LRUCache } from 'lru-cache';

export default () => {
  const cache = new LRUCache({ max: 1, ttl: 60_000 });
  cache.set('a', 1).set('b', 2);
  return { used: [cache.get('a') ?? null, cache.get('b')] };
};
