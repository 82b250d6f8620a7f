// case = "D19 J11"
// outcomes = ["granted", "failed:timeout", "failed:output_flood", "failed:out_of_memory"]
// allow_hosts = ["http://loopback.example.com:CANARY_PORT"]
// ---
export default async () => {
  const calls = Array.from({ length: 10_000 }, () => fetch('http://loopback.example.com:CANARY_PORT/'));
  const ended = await Promise.allSettled(calls);
  return { reached: ended.filter(({ status }) => status === 'fulfilled').length, ended: ended.length };
};
