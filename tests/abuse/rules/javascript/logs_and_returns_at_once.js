// case = "I6"
// outcomes = ["granted"]
// log = "the last words"
// times = 3
// ---
module.exports = async (client, scope, audience, context) => {
  for (let n = 0; n < 200; n++) console.log(`line ${n}`);
  console.log('the last words');
  return {};
};
