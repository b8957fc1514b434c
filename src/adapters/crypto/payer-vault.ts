import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
} from 'node:crypto';
import type { PayerVault, Place } from '../../domain/secrets.ts';

/** AES-256-GCM: version | key id length | key id | nonce | ciphertext | tag. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface EncryptionKey {
  id: string;
  key: Uint8Array;
}

/** The first key writes; all of them read. */
export function makePayerVault(keys: readonly EncryptionKey[], indexKey: Uint8Array): PayerVault {
  const [writer] = keys;
  if (!writer) throw new Error('the vault needs at least one key');
  const byId = new Map(keys.map(({ id, key }) => [id, createSecretKey(key)]));
  const writerKey = createSecretKey(writer.key);
  const indexer = createSecretKey(indexKey);
  const head = Buffer.concat([
    Buffer.from([VERSION, Buffer.byteLength(writer.id)]),
    Buffer.from(writer.id),
  ]);
  return {
    seal(plain, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', writerKey, nonce);
      cipher.setAAD(associatedData(place));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([head, nonce, body, cipher.getAuthTag()]);
    },
    open(sealed, place) {
      const blob = Buffer.from(sealed);
      const idLength = blob[1] ?? 0;
      const id = blob.subarray(2, 2 + idLength).toString();
      const key = byId.get(id);
      if (blob[0] !== VERSION || !key) throw new Error('no key for this ciphertext');
      const nonceAt = 2 + idLength;
      const nonce = blob.subarray(nonceAt, nonceAt + NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(associatedData(place));
      decipher.setAuthTag(blob.subarray(-TAG_BYTES));
      const body = blob.subarray(nonceAt + NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
    blindIndex: (merchantId, msisdn) =>
      createHmac('sha256', indexer)
        .update(JSON.stringify([merchantId, msisdn]))
        .digest()
        .subarray(0, 16),
  };
}

function associatedData({ merchantId, table, column, rowId }: Place): Buffer {
  return Buffer.from(JSON.stringify([merchantId, table, column, rowId]));
}
