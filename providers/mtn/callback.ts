/** MTN's callback: a hint without proof. The token in its URL says which payment it is about. */
import type { CallbackHint, RawCallback } from '../../src/domain/provider.ts';
import { property, readObject } from '../../src/domain/provider-kit/answer.ts';
import { claimOf, MAX_CALLBACK_BYTES } from '../../src/domain/provider-kit/callback.ts';

const CLAIMS = { SUCCESSFUL: 'succeeded', FAILED: 'failed', PENDING: 'pending' } as const;

/** PUT or POST, the body of a status answer. It does not carry our reference; nothing signs it. */
export function parseMtnCallback(raw: RawCallback): CallbackHint {
  if (raw.body.byteLength > MAX_CALLBACK_BYTES) return { ok: false, why: 'malformed' };
  const status = property(readObject(Buffer.from(raw.body).toString('utf8')), 'status');
  if (typeof status !== 'string') return { ok: false, why: 'malformed' };
  return { ok: true, reference: null, claimed: claimOf(CLAIMS, status) };
}
