/** MTN's callback: a hint without proof. The token in its URL says which payment it is about. */
import type { CallbackHint, RawCallback } from '../../src/domain/provider.ts';
import { property, readCode, readObject } from '../../src/domain/provider-kit/answer.ts';
import { MAX_CALLBACK_BYTES } from '../../src/domain/provider-kit/callback.ts';

/** PUT or POST, the body of a status answer. It does not carry our reference, and nothing signs it. */
export function parseMtnCallback(raw: RawCallback): CallbackHint {
  if (raw.body.byteLength > MAX_CALLBACK_BYTES) return { ok: false, why: 'malformed' };
  const json = readObject(Buffer.from(raw.body).toString('utf8'));
  const claimed = readCode(property(json, 'status'));
  if (claimed === null) return { ok: false, why: 'malformed' };
  return { ok: true, reference: null, claimed };
}
