def rule(client, scope, audience, context):
    print("hello from", client["name"])
    return {"plan": client["metadata"].get("plan", "free")}
