/** What the readers of callbacks share. */
import type { CallbackHint } from '../provider.ts';

/** Callbacks are about a kilobyte; anything longer is not read. */
export const MAX_CALLBACK_BYTES = 16 * 1024;

type Claim = Extract<CallbackHint, { ok: true }>['claimed'];

/** The provider's word for a state in ours, or null for a word that is in no table. */
export function claimOf(claims: Readonly<Record<string, Claim>>, word: unknown): Claim {
  return typeof word === 'string' && Object.hasOwn(claims, word) ? (claims[word] ?? null) : null;
}
