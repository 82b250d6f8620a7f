const names = [
  'loopback.example.com',
  'second.example.com',
  'loopback6.example.com',
  'private.example.com',
  'metadata.example.com',
  'agent.example.com',
  'shared.example.com',
  'mapped.example.com',
  'translated.example.com',
  'tunnelled.example.com',
  'unique.example.com',
  'site.example.com',
  'multicast.example.com',
];

export default async () => {
  const said = [];
  for (const name of names) {
    for (const url of [`http://${name}:CANARY_PORT/`, `https://${name}/`]) {
      try {
        said.push(`REACHED ${(await fetch(url)).status}`);
      } catch (error) {
        said.push(error.message);
      }
    }
  }
  return { said };
};
