# case = "E2"
# outcomes = ["failed:exception"]
# ---
import subprocess


def rule(client, scope, audience, context):
    subprocess.run(['/bin/true'], check=True)
