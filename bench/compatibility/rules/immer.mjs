// npm: immer@^10
// kind: data
// gives: {"plan": "gold"}
import { produce } from 'immer';

export default () => ({ used: produce({ plan: 'free' }, (draft) => { draft.plan = 'gold'; }) });
