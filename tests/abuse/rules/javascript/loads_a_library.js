// case = "E4"
// outcomes = ["failed:exception"]
//
// [with_permissions]
// outcomes = ["granted", "failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  Deno.dlopen('libc.so.6', { getpid: { parameters: [], result: 'i32' } });
};
