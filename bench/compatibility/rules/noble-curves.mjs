// npm: @noble/curves@^1 @noble/hashes@^1
// kind: cryptography
// gives: true
import { secp256k1 } from '@noble/curves/secp256k1';
import { sha256 } from '@noble/hashes/sha2';

export default () => {
  const key = secp256k1.utils.randomPrivateKey();
  const digest = sha256(new TextEncoder().encode('gold'));
  return { used: secp256k1.verify(secp256k1.sign(digest, key), digest, secp256k1.getPublicKey(key)) };
};
