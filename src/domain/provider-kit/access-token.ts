/** An access token, fetched once for all callers and renewed before it expires. */
import type { HttpResult } from '../http-client.ts';
import type { Clock } from '../ports.ts';
import { property, readObject } from './answer.ts';

export type TokenResult =
  | { ok: true; token: string; expiresInSeconds: number }
  | { ok: false; reason: string };

export interface AccessToken {
  /** Waits at most `timeoutMs`, whoever started the request for the token. */
  get(timeoutMs: number): Promise<{ ok: true; token: string } | { ok: false; reason: string }>;
  /** Forgets this token, unless a newer one has taken its place already. */
  invalidate(token: string): void;
}

export interface AccessTokenOptions {
  request(timeoutMs: number): Promise<TokenResult>;
  clock: Clock;
  /** Limit of the shared request; a single caller's wait may be shorter. */
  requestTimeoutMs: number;
}

/**
 * Renewed this long before the end, or a fifth of its life for short ones (Airtel's last three
 * minutes).
 */
const RENEW_BEFORE_MS = 60_000;
const RENEW_BEFORE_SHARE = 0.2;

export function makeAccessToken(options: AccessTokenOptions): AccessToken {
  const { request, clock, requestTimeoutMs } = options;
  let current: { token: string; usableUntilMs: number } | undefined;
  let renewal: Promise<TokenResult> | undefined;

  async function renew(): Promise<TokenResult> {
    const askedAtMs = clock.monotonicMs();
    const result = await request(requestTimeoutMs);
    if (result.ok) {
      const lifeMs = result.expiresInSeconds * 1_000;
      const earlierMs = Math.min(RENEW_BEFORE_MS, lifeMs * RENEW_BEFORE_SHARE);
      current = { token: result.token, usableUntilMs: askedAtMs + lifeMs - earlierMs };
    }
    return result;
  }

  return {
    async get(timeoutMs) {
      if (current !== undefined && clock.monotonicMs() < current.usableUntilMs) {
        return { ok: true, token: current.token };
      }
      renewal ??= renew().finally(() => {
        renewal = undefined;
      });
      return await within(renewal, timeoutMs, clock);
    },
    invalidate(token) {
      if (current?.token === token) current = undefined;
    },
  };
}

async function within(result: Promise<TokenResult>, timeoutMs: number, clock: Clock) {
  const waited = new AbortController();
  const tooLate = clock
    .sleep(timeoutMs, waited.signal)
    .then((): TokenResult => ({ ok: false, reason: 'token-timeout' }));
  try {
    return await Promise.race([result, tooLate]);
  } finally {
    waited.abort();
  }
}

/** A token whose life is not told is used for this long. */
const UNTOLD_LIFE_SECONDS = 60;
const MAX_LIFE_SECONDS = 86_400;

/**
 * The OAuth answer that both providers give; `expires_in` is a number for one and text for the
 * other.
 */
export function readTokenResult(result: HttpResult): TokenResult {
  if (result.kind !== 'response') return { ok: false, reason: `token-${result.cause}` };
  if (result.status < 200 || result.status > 299) {
    const refused = [400, 401, 403].includes(result.status);
    return { ok: false, reason: refused ? 'token-refused' : `token-http-${result.status}` };
  }
  const json = readObject(result.body);
  const token = property(json, 'access_token');
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(token)) {
    return { ok: false, reason: 'token-unreadable' };
  }
  const life = Number(property(json, 'expires_in') ?? UNTOLD_LIFE_SECONDS);
  const expiresInSeconds = life > 0 ? Math.min(life, MAX_LIFE_SECONDS) : UNTOLD_LIFE_SECONDS;
  return { ok: true, token, expiresInSeconds };
}
