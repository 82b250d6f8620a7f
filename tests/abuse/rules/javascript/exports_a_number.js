// case = "M5"
// outcomes = ["failed:syntax"]
// ---
module.exports = 42;
