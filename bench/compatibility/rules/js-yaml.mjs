// npm: js-yaml@^4
// kind: text
// gives: {"plans": ["free", "gold"]}
import yaml from 'js-yaml';

export default () => ({ used: yaml.load('plans:\n  - free\n  - gold\n') });
