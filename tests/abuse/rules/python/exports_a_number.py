# case = "M5"
# outcomes = ["failed:syntax"]
# ---
rule = 42
