// case = "J1"
// outcomes = ["failed:crashed"]
// ---
module.exports = () => { Deno.exit(0); };
