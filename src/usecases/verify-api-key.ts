import type { ApiKeyVerifier, Caller } from '../domain/gateway.ts';
import type { Clock } from '../domain/ports.ts';
import { unavailable } from './unavailable.ts';

export interface VerifyApiKeyDeps {
  /** Keyed hash of the key; the key itself goes no further. */
  hash(key: string): Buffer;
  /** The key's name in this process's memory: cheap, and not the key itself. */
  nameOf(key: string): string;
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

  function ask(keyHash: Buffer, name: string): Promise<Caller | null> {
    const caller = deps.findKey(keyHash).catch((error: unknown) => {
      entries.delete(name);
      throw unavailable(error);
    });
    entries.set(name, { caller, freshUntilMs: clock.monotonicMs() + ttlMs });
    if (entries.size > maxKeys) {
      const oldest = entries.keys().next().value;
      if (oldest !== undefined) entries.delete(oldest);
    }
    return caller;
  }

  return {
    async verify(key) {
      const name = deps.nameOf(key);
      const known = entries.get(name);
      if (known && clock.monotonicMs() < known.freshUntilMs) return await known.caller;
      if (!deps.plausible(key)) return null;
      entries.delete(name);
      return await ask(deps.hash(key), name);
    },
  };
}
