# case = "F9"
# outcomes = ["failed:exception"]
# ---
import mmap


def rule(client, scope, audience, context):
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
