// npm: nanoid@^5
// kind: names
// gives: [21, 8]
import { customAlphabet, nanoid } from 'nanoid';

export default () => ({ used: [nanoid().length, customAlphabet('abc', 8)().length] });
