// npm: p-limit@^6
// kind: flow
// gives: [1, 2]
import pLimit from 'p-limit';

export default async () => {
  const limit = pLimit(1);
  return { used: await Promise.all([limit(async () => 1), limit(async () => 2)]) };
};
