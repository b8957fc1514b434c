/**
 * Airtel's message signing of v2: `x-signature` is the body under AES-256-CBC, `x-key` is `key:iv`
 * under the RSA key that it publishes. It proves little (anyone can make one), but a wrong one is
 * refused.
 */
import {
  constants,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto';

/** As published: 1024 bits, SPKI in base64. */
const RSA_BITS = 1_024;
const VALID_UPTO = '31-12-2099 23:59:59';

export interface SigningKeys {
  /** `data` of the answer to `GET /v1/rsa/encryption-keys`. */
  published(): { key_id: number; key: string; valid_upto: string };
  /** Whether the two headers belong to exactly this body. Never throws. */
  verify(body: string, signature: string, key: string): boolean;
}

/**
 * Node refuses PKCS#1 v1.5 padding in `privateDecrypt` where OpenSSL cannot hide padding errors
 * (CVE-2023-46809); without padding it decrypts anywhere, and `00 02 … 00` is stripped here.
 */
function decryptPkcs1(privateKey: KeyObject, encrypted: Buffer): string {
  const padded = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encrypted);
  const end = padded.indexOf(0, 2);
  if (padded[0] !== 0 || padded[1] !== 2 || end < 10) throw new Error('no PKCS#1 v1.5 padding');
  return padded.subarray(end + 1).toString();
}

export function makeSigningKeys(): SigningKeys {
  let made: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
  /** Made on first use: most runs never sign, and making a key takes a while. */
  const keys = () => {
    made ??= generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
    return made;
  };
  return {
    published() {
      const spki = keys().publicKey.export({ type: 'spki', format: 'der' });
      return { key_id: 100, key: spki.toString('base64'), valid_upto: VALID_UPTO };
    },
    verify(body, signature, key) {
      try {
        const keyAndIv = decryptPkcs1(keys().privateKey, Buffer.from(key, 'base64'));
        const [aesKey = '', iv = ''] = keyAndIv.split(':');
        const decipher = createDecipheriv(
          'aes-256-cbc',
          Buffer.from(aesKey, 'base64'),
          Buffer.from(iv, 'base64'),
        );
        const plain = decipher.update(signature, 'base64', 'utf8') + decipher.final('utf8');
        return plain === body;
      } catch {
        return false;
      }
    },
  };
}
