# case = "G4"
# outcomes = ["failed:timeout"]
# ---
class Endless(dict):
    def __bool__(self):
        while True:
            pass

    def items(self):
        while True:
            pass


def rule(client, scope, audience, context):
    return Endless(a=1)
