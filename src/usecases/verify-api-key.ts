import type { ApiKeyVerifier, Caller } from '../domain/gateway.ts';
import type { Clock } from '../domain/ports.ts';
import { unavailable } from './accept-payment.ts';

export interface VerifyApiKeyDeps {
  /** Keyed hash of the key; the key itself goes no further. */
  hash(key: string): Buffer;
  /** False for what can never have been one of our keys. */
  plausible(key: string): boolean;
  findKey(keyHash: Buffer): Promise<Caller | null>;
  clock: Pick<Clock, 'monotonicMs'>;
  /** A revoked key works no longer than this. @default 30_000 */
  ttlMs?: number;
  /** Keys remembered; the oldest is forgotten. @default 10_000 */
  maxKeys?: number;
}

interface Entry {
  caller: Promise<Caller | null>;
  freshUntilMs: number;
}

/**
 * Asks the store once per key and `ttlMs`, whoever asks meanwhile. Unknown keys are remembered too: a caller
 * with a wrong key must not reach the store each time.
 */
export function makeVerifyApiKey(deps: VerifyApiKeyDeps): ApiKeyVerifier {
  const { clock, ttlMs = 30_000, maxKeys = 10_000 } = deps;
  const entries = new Map<string, Entry>();

  function ask(keyHash: Buffer, id: string): Promise<Caller | null> {
    const caller = deps.findKey(keyHash).catch((error: unknown) => {
      entries.delete(id);
      throw unavailable(error);
    });
    entries.set(id, { caller, freshUntilMs: clock.monotonicMs() + ttlMs });
    if (entries.size > maxKeys) {
      const oldest = entries.keys().next().value;
      if (oldest !== undefined) entries.delete(oldest);
    }
    return caller;
  }

  return {
    async verify(key) {
      if (!deps.plausible(key)) return null;
      const keyHash = deps.hash(key);
      const id = keyHash.toString('base64');
      const known = entries.get(id);
      if (known && clock.monotonicMs() < known.freshUntilMs) return await known.caller;
      entries.delete(id);
      return await ask(keyHash, id);
    },
  };
}
