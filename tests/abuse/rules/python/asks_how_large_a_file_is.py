# case = "A18"
# outcomes = ["granted", "failed:exception"]
# ---
# Known: Landlock does not cover stat. The size may be seen, the contents may not.
import os


def rule(client, scope, audience, context):
    assert not os.access('/etc/shadow', os.R_OK) or os.geteuid() == 0
    return {'a': os.stat('/etc/shadow').st_size}
