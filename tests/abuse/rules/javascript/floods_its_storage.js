// case = "J11"
// outcomes = ["failed:output_flood"]
// ---
module.exports = (client, scope, audience, { webtask: { storage } }, cb) => {
  const text = 'x'.repeat(100_000);
  let open = 10_000;
  const done = () => --open || cb(null, {});
  for (let n = 0; n < 5_000; n++) {
    storage.get(done);
    storage.set(text, { force: true }, done);
  }
};
