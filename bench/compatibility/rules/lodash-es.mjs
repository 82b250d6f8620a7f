// npm: lodash-es@^4
// kind: data
// gives: {"a": 1, "b": {"c": 2}}
import { merge } from 'lodash-es';

export default () => ({ used: merge({ a: 1 }, { b: { c: 2 } }) });
