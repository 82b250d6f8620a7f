// npm: ramda@^0.30
// kind: data
// gives: ["a", "b"]
import * as R from 'ramda';

export default () => ({ used: R.pipe(R.pluck('name'), R.uniq)([{ name: 'a' }, { name: 'b' }, { name: 'a' }]) });
