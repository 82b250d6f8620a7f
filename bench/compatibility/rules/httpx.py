# pypi: httpx>=0.27
# kind: HTTP
# answers: {"plan": "gold"}
# gives: ["gold", "gold"]
import asyncio

import httpx


async def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    async with httpx.AsyncClient(base_url=service, timeout=1) as http:
        answers = await asyncio.gather(http.get("/accounts/1"), http.get("/accounts/2"))
    return {"used": [answer.json()["plan"] for answer in answers]}
