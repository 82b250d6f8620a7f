# pypi: aiohttp>=3
# kind: HTTP
# cannot: it opens sockets of its own; use httpx, whose asynchronous client works
import aiohttp


async def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    async with aiohttp.ClientSession() as session, session.get(f"{service}/accounts") as answer:
        return {"used": (await answer.json())["plan"]}
