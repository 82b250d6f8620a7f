// case = "I9"
// outcomes = ["granted", "failed:exception"]
// secret = "pa\"ss\\wörd-of-the-rule"
// ---
module.exports = async (client, scope, audience, context) => {
  const secret = context.webtask.secrets.OWN;
  console.log(secret);
  console.log(JSON.stringify({ secret }));
  console.log({ secret });
  console.log([secret], new Map([[1, secret]]));
  throw new Error(secret);
};
