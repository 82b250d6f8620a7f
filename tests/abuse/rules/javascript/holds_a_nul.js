// case = "M5"
// outcomes = ["failed:syntax", "granted", "failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => ({ a: 1 }); NUL_CHARACTER
