# case = "M5"
# outcomes = ["granted", "failed:syntax"]
# ---
﻿def rule(client, scope, audience, context):
    return {}
