# case = "G7"
# outcomes = ["failed:timeout"]
# ---
while True:
    pass
