// npm: zod@^4
// kind: validation
// gives: [true, "plan"]
import { z } from 'zod';

const account = z.object({ plan: z.enum(['free', 'gold']), since: z.coerce.date() });

export default () => ({
  used: [
    account.safeParse({ plan: 'gold', since: '2026-01-01' }).success,
    account.safeParse({ plan: 'silver', since: '2026-01-01' }).error.issues[0].path[0],
  ],
});
