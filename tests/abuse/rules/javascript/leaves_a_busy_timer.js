// case = "K6"
// outcomes = ["granted"]
// never = "TOO LATE"
// times = 3
// ---
module.exports = async (client, scope, audience, context) => {
  setInterval(() => { for (let i = 0; i < 1e6; i++); console.log('TOO LATE'); }, 0);
  return {};
};
