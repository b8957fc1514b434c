import type { Request, RequestHandler, Response } from 'express';
import { GatewayError } from '../../domain/errors.ts';
import type { ApiKeyVerifier, Caller, Scope } from '../../domain/gateway.ts';
import { contextOf } from './context.ts';

/** A key that cannot be one of ours never reaches the store. */
const BEARER_PATTERN = /^Bearer +(pga_[A-Za-z0-9_-]{32,200})$/i;
/** Of keys that are not in memory, in this process, whatever their address has spent. */
const FREE_LOOK_UPS_PER_SECOND = 20;
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

export interface AuthenticationOptions {
  keys: ApiKeyVerifier;
  /** Merchant of calls from loopback without a key; null outside `dev`. */
  demoMerchantId: string | null;
  /** Counts callers without a valid key. */
  countAddress: RequestHandler;
  /** Refuses an address that has spent its limit, and counts nothing. */
  refuseSpent: RequestHandler;
}

/** One and the same for a key that is missing, malformed, unknown, expired or revoked. */
function unauthenticated(): GatewayError {
  return new GatewayError('unauthenticated', 'Send a valid API key: Authorization: Bearer pga_…');
}

/** What a proxy adds, whoever it is: then the caller is not from loopback. */
const PROXY_HEADERS = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'] as const;
const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Really somebody on this machine: no proxy between us, no name that a foreign page could have pointed at
 * loopback, no page of another origin.
 */
function isFromLoopback({ socket, headers }: Request): boolean {
  const { host = '', origin } = headers;
  return (
    LOOPBACK.has(socket.remoteAddress ?? '') &&
    PROXY_HEADERS.every((name) => headers[name] === undefined) &&
    LOCAL_HOST.test(host) &&
    (origin === undefined || origin === `http://${host}`)
  );
}

/** Makes the middleware of a route that needs `scope`: who is it, and may they. */
export function makeAuthenticate(options: AuthenticationOptions): (scope: Scope) => RequestHandler {
  const { keys, demoMerchantId, countAddress, refuseSpent } = options;
  const demoCaller: Caller | null =
    demoMerchantId === null
      ? null
      : { merchantId: demoMerchantId, scopes: ['payments:write', 'payments:read'] };

  let second = -1;
  let lookUps = 0;
  /** A good key behind a spent address gets in by these; guesses cannot load the store with them. */
  function mayLookUp(): boolean {
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) lookUps = 0;
    second = now;
    lookUps += 1;
    return lookUps <= FREE_LOOK_UPS_PER_SECOND;
  }

  async function lookUp(key: string, request: Request, response: Response): Promise<Caller | null> {
    if (!mayLookUp()) {
      // Guesses must not reach the store for longer than the limit lets them.
      let refused: unknown;
      await refuseSpent(request, response, (error?: unknown) => {
        refused = error;
      });
      if (refused !== undefined) throw refused;
    }
    return await keys.verify(key);
  }

  function callerOf(request: Request, response: Response): Promise<Caller | null> | Caller | null {
    const { authorization } = request.headers;
    if (authorization === undefined) return isFromLoopback(request) ? demoCaller : null;
    const key = BEARER_PATTERN.exec(authorization)?.[1];
    if (key === undefined) return null;
    return keys.known?.(key) ?? lookUp(key, request, response);
  }

  return (scope) => async (request, response, next) => {
    const found = callerOf(request, response);
    // A key in memory costs its request no turn of the loop.
    const caller = found instanceof Promise ? await found : found;
    if (caller === null) {
      countAddress(request, response, (error?: unknown) => next(error ?? unauthenticated()));
      return;
    }
    contextOf(response).caller = caller;
    if (!caller.scopes.includes(scope)) {
      throw new GatewayError('forbidden', `The API key does not have the scope ${scope}.`);
    }
    next();
  };
}
