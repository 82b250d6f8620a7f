// npm: query-string@^9
// kind: text
// gives: "a=1&b=x%20y"
import queryString from 'query-string';

export default () => ({ used: queryString.stringify({ b: 'x y', a: 1 }) });
