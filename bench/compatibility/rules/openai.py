# pypi: openai>=1.30,<1.40 httpx>=0.27,<0.28
# kind: service
# answers: {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [{"index": 0,
#   "finish_reason": "stop", "message": {"role": "assistant", "content": "gold"}}]}
# gives: "gold"
from openai import OpenAI


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    answer = OpenAI(api_key="sk-1", base_url=f"{service}/v1").chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": f"which plan has {client['name']}?"}]
    )
    return {"used": answer.choices[0].message.content}
