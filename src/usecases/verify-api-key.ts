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

interface Entry<Found> {
  caller: Found;
  freshUntilMs: number;
}

/**
 * Asks the store once per key and `ttlMs`, whoever asks meanwhile. Unknown keys are remembered too, apart from
 * the good ones: a caller with a wrong key must not reach the store each time, nor push good keys out.
 */
export function makeVerifyApiKey(deps: VerifyApiKeyDeps): ApiKeyVerifier {
  const { clock, ttlMs = 30_000, maxKeys = 10_000 } = deps;
  const good = new Map<string, Entry<Caller>>();
  /** Asked about and not found, or not answered yet. */
  const unknown = new Map<string, Entry<Promise<Caller | null>>>();

  function ask(keyHash: Buffer, name: string): Promise<Caller | null> {
    const freshUntilMs = clock.monotonicMs() + ttlMs;
    const caller = deps.findKey(keyHash).then(
      (found) => {
        if (found) {
          unknown.delete(name);
          remember(good, name, { caller: found, freshUntilMs });
        }
        return found;
      },
      (error: unknown) => {
        unknown.delete(name);
        throw unavailable(error);
      },
    );
    good.delete(name);
    remember(unknown, name, { caller, freshUntilMs });
    return caller;
  }

  function remember<Found>(
    entries: Map<string, Entry<Found>>,
    name: string,
    entry: Entry<Found>,
  ): void {
    entries.delete(name);
    entries.set(name, entry);
    if (entries.size > maxKeys) entries.delete(entries.keys().next().value as string);
  }

  function fresh<Found>(entries: Map<string, Entry<Found>>, name: string): Found | null {
    const entry = entries.get(name);
    return entry && clock.monotonicMs() < entry.freshUntilMs ? entry.caller : null;
  }

  return {
    known: (key) => fresh(good, deps.nameOf(key)),
    async verify(key) {
      const name = deps.nameOf(key);
      const known = fresh(good, name) ?? fresh(unknown, name);
      if (known) return await known;
      if (!deps.plausible(key)) return null;
      return await ask(deps.hash(key), name);
    },
  };
}
