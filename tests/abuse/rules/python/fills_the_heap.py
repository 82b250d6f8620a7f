# case = "H5"
# outcomes = ["failed:out_of_memory"]
# timeout_s = 8
# ---
def rule(client, scope, audience, context):
    x = []
    while True:
        x.append(bytearray(10**6))
