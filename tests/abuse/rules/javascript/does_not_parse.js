// case = "M5"
// outcomes = ["failed:syntax"]
// ---
module.exports = (client, scope audience) => ({});
