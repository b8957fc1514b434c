import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { ReferenceKeys } from '../../domain/secrets.ts';

const REFERENCE_BYTES = 16;

export function makeReferenceKeys(secret: Uint8Array): ReferenceKeys {
  const derive = (purpose: string) =>
    createSecretKey(
      new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), `gateway/${purpose}/1`, 32)),
    );
  const references = derive('provider-reference');
  const messages = derive('message-key');
  const callbacks = derive('callback-token');
  return {
    providerReference: (merchantId, key, provider, market) =>
      createHmac('sha256', references)
        .update(JSON.stringify([merchantId, key, provider, market]))
        .digest()
        .subarray(0, REFERENCE_BYTES),
    messageKey: (msisdn) =>
      createHmac('sha256', messages).update(msisdn).digest('base64url').slice(0, 22),
    callbackMac: (paymentId) =>
      createHmac('sha256', callbacks).update(paymentId).digest('base64url').slice(0, 22),
  };
}
