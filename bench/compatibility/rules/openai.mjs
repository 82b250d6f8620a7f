// npm: openai@^5
// kind: service
// answers: {"id": "1", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "gold"}}]}
// gives: "gold"
import OpenAI from 'openai';

export default async ({ client, context }) => {
  const openai = new OpenAI({ apiKey: 'sk-1', baseURL: `${context.webtask.secrets.TLS_SERVICE}/v1` });
  const { choices } = await openai.chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: `which plan has ${client.name}?` }],
  });
  return { used: choices[0].message.content };
};
