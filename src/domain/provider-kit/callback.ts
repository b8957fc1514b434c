/** What the readers of callbacks share. */
import type { CallbackHint } from '../provider.ts';

/** Callbacks are about a kilobyte; anything longer is not read. */
export const MAX_CALLBACK_BYTES = 16 * 1024;

/** Real ones are two levels deep. Printing deep JSON with indent costs the square of its depth. */
const MAX_CALLBACK_DEPTH = 8;

/** False for text that nests deeper than any callback does; brackets inside strings count too. */
export function isShallow(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charCodeAt(i);
    if (character === 0x7b || character === 0x5b) depth += 1;
    else if (character === 0x7d || character === 0x5d) depth -= 1;
    if (depth > MAX_CALLBACK_DEPTH) return false;
  }
  return true;
}

type Claim = Extract<CallbackHint, { ok: true }>['claimed'];

/** The provider's word for a state in ours, or null for a word that is in no table. */
export function claimOf(claims: Readonly<Record<string, Claim>>, word: unknown): Claim {
  return typeof word === 'string' && Object.hasOwn(claims, word) ? (claims[word] ?? null) : null;
}
