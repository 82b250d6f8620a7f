// case = "L8 L9"
// outcomes = ["failed:exception"]
// log = "all denied"
// ---
module.exports = async (client, scope, audience, context) => {
  const names = ['read', 'write', 'net', 'env', 'sys', 'run', 'ffi', 'import'];
  const states = await Promise.all(names.flatMap((name) => [Deno.permissions.query({ name }), Deno.permissions.request({ name })]));
  const allowed = states.filter(({ state }) => state !== 'denied');
  if (allowed.length > 0) return { allowed: allowed.length };
  throw new Error('all denied');
};
