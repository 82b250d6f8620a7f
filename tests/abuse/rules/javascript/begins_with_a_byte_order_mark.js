// case = "M5"
// outcomes = ["granted"]
// ---
﻿module.exports = async (client, scope, audience, context) => ({ scope });
