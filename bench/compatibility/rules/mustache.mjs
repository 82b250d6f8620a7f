// npm: mustache@^4
// kind: text
// gives: "Hello Acme"
import Mustache from 'mustache';

export default () => ({ used: Mustache.render('Hello {{name}}', { name: 'Acme' }) });
