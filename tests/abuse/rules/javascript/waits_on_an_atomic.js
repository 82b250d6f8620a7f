// case = "G6"
// outcomes = ["failed:timeout", "failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
