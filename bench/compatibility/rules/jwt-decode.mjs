// npm: jwt-decode@^4
// kind: tokens
// gives: "gold"
import { jwtDecode } from 'jwt-decode';

export default () => ({ used: jwtDecode('eyJhbGciOiJub25lIn0.eyJwbGFuIjoiZ29sZCJ9.').plan });
