/** Every limit of the outbound client: name, unit, reason. None of them can be absent. */
export interface HttpLimits {
  /** TCP and TLS together. A socket that is not ready after it never carried a byte. */
  readonly connectMs: number;
  /**
   * Longest total of one call; a call's own `timeoutMs` may only be shorter. Covers headers and
   * body.
   */
  readonly totalMs: number;
  /**
   * Sockets to one base URL. Above the sum of the bulkheads, so that charges cannot starve status
   * queries.
   */
  readonly maxSockets: number;
  /** Requests that may wait for a socket; the next one is turned away at once, unsent. */
  readonly maxQueued: number;
  /** A provider's answer is under 2 KiB; more is an error page or an attack. */
  readonly maxResponseBytes: number;
  readonly maxHeaderBytes: number;
  /**
   * Idle sockets close before servers do (5 s is common): writing to a dying socket loses a charge.
   */
  readonly keepAliveMs: number;
  /** A redirected charge could be taken twice, or by somebody else. */
  readonly maxRedirects: 0;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connectMs: 2_000,
  totalMs: 10_000,
  maxSockets: 256,
  maxQueued: 256,
  maxResponseBytes: 64 * 1024,
  maxHeaderBytes: 16 * 1024,
  keepAliveMs: 4_000,
  maxRedirects: 0,
};

/**
 * Throws for a limit that is missing, not finite or not positive: a client without limits must not
 * exist.
 */
export function checkLimits(limits: HttpLimits): HttpLimits {
  for (const name of Object.keys(DEFAULT_HTTP_LIMITS) as (keyof HttpLimits)[]) {
    const value = limits[name];
    const valid =
      Number.isSafeInteger(value) && (name === 'maxRedirects' ? value === 0 : value > 0);
    if (!valid) throw new RangeError(`the HTTP limit ${name} is not valid`);
  }
  return Object.freeze(limits);
}
