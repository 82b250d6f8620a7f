// case = "F6"
// outcomes = ["failed:exception"]
//
// [with_permissions]
// outcomes = ["failed:exception"]
// log = "none of them"
// ---
module.exports = async (client, scope, audience, context) => {
  const { symbols } = Deno.dlopen('libc.so.6', {
    open: { parameters: ['buffer', 'i32'], result: 'i32' }, socket: { parameters: ['i32', 'i32', 'i32'], result: 'i32' },
  });
  if (symbols.open(new TextEncoder().encode('CANARY_FILE\0'), 0) !== -1) return { opened: true };
  for (const family of [1, 2, 10, 16, 17, 38, 40]) if (symbols.socket(family, 1, 0) !== -1) return { family };
  throw new Error('none of them');
};
