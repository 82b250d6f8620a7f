// case = "J1"
// outcomes = ["failed:crashed"]
// ---
module.exports = () => { Deno[Deno.internal].core.close(1); };
