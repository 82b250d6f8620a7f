// npm: jose@^6
// kind: tokens
// gives: "gold"
import { EncryptJWT, generateKeyPair, jwtDecrypt, jwtVerify, SignJWT } from 'jose';

export default async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const signed = await new SignJWT({ plan: 'gold' }).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
  const { payload } = await jwtVerify(signed, publicKey);
  const secret = new Uint8Array(32);
  const sealed = await new EncryptJWT(payload).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(secret);
  return { used: (await jwtDecrypt(sealed, secret)).payload.plan };
};
