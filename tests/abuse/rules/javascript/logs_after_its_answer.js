// case = "I7"
// outcomes = ["granted"]
// never = "TOO LATE"
// times = 4
// ---
module.exports = async (client, scope, audience, context) => {
  setTimeout(() => console.log('TOO LATE'), 0);
  setInterval(() => console.log('TOO LATE'), 1);
  Promise.resolve().then(() => new Promise((done) => setTimeout(done, 20))).then(() => console.log('TOO LATE'));
  return {};
};
