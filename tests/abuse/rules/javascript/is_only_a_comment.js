// case = "M5"
// outcomes = ["failed:syntax"]
// ---
// nothing
