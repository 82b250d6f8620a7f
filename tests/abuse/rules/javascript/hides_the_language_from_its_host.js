// case = "L7"
// outcomes = ["granted"]
// times = 2
// ---
var JSON = { stringify: () => 'HACKED', parse: () => ({}) };
var Deno = { stdout: { writeSync: () => 0 }, exit() {} };
function parseInt() { return 7; }
function Promise() {}
var globalThis = {};

module.exports = function (client, scope, audience, context, cb) {
  cb(null, { scope, 'https://rule.test/seen': parseInt('1') });
};
