// case = "G7"
// outcomes = ["failed:timeout"]
// ---
for (;;) {}
