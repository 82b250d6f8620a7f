// npm: jwks-rsa@^3
// kind: tokens
// answers: {"keys": [{"kid": "1", "kty": "RSA", "use": "sig", "alg": "RS256", "e": "AQAB",
//   "n": "u1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0_IzW7yWR7QkrmBL7jTKEn5u-qKhbwKfBstIs-bMY2Zkp18gnTxKLxoS2tFczGkPLPgizskuemMghRniWaoLcyehkd3qqGElvW_VDL5AaWTg0nLVkjRo9z-40RQzuVaE8AkAFmxZzow3x-VJYKdjykkJ0iT9wCS0DRTXu269V264Vf_3jvredZiKRkgwlL9xNAwxXFg0x_XFw005UWVRIkdgcKWTjpBP2dPwVZ4WWC-9aGVd-Gyn1o0CLelf4rEjGoXbAAEgAqeGUxrcIlbjXfbcmw"}]}
// gives: "-----BEGIN PUBLIC KEY-----"
const jwksClient = require('jwks-rsa');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const client = jwksClient({ jwksUri: `${event.secrets.TLS_SERVICE}/.well-known/jwks.json`, cache: true, rateLimit: true });
  const key = await client.getSigningKey('1');
  api.accessToken.setCustomClaim('used', key.getPublicKey().split('\n')[0]);
};
