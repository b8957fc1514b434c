/** Airtel's callback: parsed, and its hash checked where callback authentication is on. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CallbackHint, RawCallback } from '../../src/domain/provider.ts';
import {
  asObject,
  type JsonObject,
  property,
  readCode,
  readObject,
} from '../../src/domain/provider-kit/answer.ts';
import { claimOf, isShallow, MAX_CALLBACK_BYTES } from '../../src/domain/provider-kit/callback.ts';

/** TIP and TA are not final: the documentation says that a callback may be intermediate. */
const CLAIMS = {
  TS: 'succeeded',
  TF: 'failed',
  TE: 'failed',
  TIP: 'pending',
  TA: 'pending',
} as const;

/** Without keys every callback counts: it is only ever a hint. */
export function parseAirtelCallback(raw: RawCallback, keys: readonly string[]): CallbackHint {
  if (raw.body.byteLength > MAX_CALLBACK_BYTES) return { ok: false, why: 'malformed' };
  const text = Buffer.from(raw.body).toString('utf8');
  if (!isShallow(text)) return { ok: false, why: 'malformed' };
  const json = readObject(text);
  const transaction = asObject(property(json, 'transaction'));
  const reference = readCode(property(transaction, 'id'));
  if (json === undefined || reference === null) return { ok: false, why: 'malformed' };
  // Each key is tried, whichever fits, so that the time tells nothing.
  const signed = keys.filter((key) => isSigned(text, json, key));
  if (keys.length > 0 && signed.length === 0) return { ok: false, why: 'bad-signature' };
  const claimed = claimOf(CLAIMS, property(transaction, 'status_code'));
  return { ok: true, reference, claimed };
}

/**
 * Base64 of HMAC-SHA256 over the payload without its `hash`. The documentation's own example is
 * printed with two spaces of indent; what production prints is not known, so three forms count: the
 * bytes as they came, compact, and indented by two.
 */
function isSigned(text: string, json: JsonObject, key: string): boolean {
  const hash = property(json, 'hash');
  if (typeof hash !== 'string') return false;
  const given = Buffer.from(hash, 'base64');
  const { hash: _, ...payload } = json;
  const compact = JSON.stringify(payload);
  const forms = [compact, JSON.stringify(payload, null, 2), withoutHash(text, compact)];
  // Every form is compared, and each in constant time.
  const matches = forms.filter((form) => {
    const expected = createHmac('sha256', key).update(form, 'utf8').digest();
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return matches.length > 0;
}

/** The text with its `hash` cut out, if what remains says the same as the parsed payload. */
function withoutHash(text: string, compact: string): string {
  const member = '"hash"\\s*:\\s*"[^"\\\\]*"';
  const cut = text.replace(new RegExp(`,\\s*${member}|${member}\\s*,\\s*`), '');
  return JSON.stringify(readObject(cut)) === compact ? cut : compact;
}
