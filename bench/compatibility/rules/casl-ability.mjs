// npm: @casl/ability@^6
// kind: policy
// gives: [true, false]
import { AbilityBuilder, createMongoAbility } from '@casl/ability';

export default () => {
  const { can, build } = new AbilityBuilder(createMongoAbility);
  can('read', 'Report', { owner: 'acme' });
  const ability = build();
  return { used: [ability.can('read', 'Report'), ability.can('write', 'Report')] };
};
