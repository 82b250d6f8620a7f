// The same rule in TypeScript: types are taken away when it runs, and your editor checks them.
// `rulemint types` writes rulemint.d.ts, which has the types of everything that a rule gets.
interface Input {
  client: { id: string; name: string; metadata: Record<string, string> };
  scope: string[];
}

interface Region {
  name: string;
  residency: 'eu' | 'us';
}

const REGIONS = new Map<string, Region>([
  ['fra', { name: 'Frankfurt', residency: 'eu' }],
  ['iad', { name: 'Virginia', residency: 'us' }],
]);

export default ({ client }: Input): Record<string, unknown> => {
  const region: Region | undefined = REGIONS.get(client.metadata.region);
  return region === undefined ? {} : { region: region.name, residency: region.residency };
};
