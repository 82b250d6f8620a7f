// Asks a service of yours for the client's plan. If the service is slow or away, the token has the last plan that is
// known, or the free one: a token is worth more than its plan. The secrets PLANS_URL and PLANS_KEY say where and how.
const known = new Map(); // lasts as long as the process: a cache, never the truth

export default async ({ client, context }) => {
  const { PLANS_URL, PLANS_KEY } = context.webtask.secrets;
  try {
    const answer = await fetch(`${PLANS_URL}/clients/${encodeURIComponent(client.id)}`, {
      headers: { authorization: `Bearer ${PLANS_KEY}` },
      signal: AbortSignal.timeout(1_000),
    });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const { plan } = await answer.json();
    known.set(client.id, plan);
    return { plan };
  } catch (error) {
    console.warn('no plan from the service:', error.message);
    return { plan: known.get(client.id) ?? 'free', plan_is_current: false };
  }
};
