import type { Request, RequestHandler } from 'express';
import { GatewayError } from '../../domain/errors.ts';
import type { ApiKeyVerifier, Caller, Scope } from '../../domain/gateway.ts';
import { contextOf } from './context.ts';
import type { LoadGate } from './load-gate.ts';

/** A key that cannot be one of ours never reaches the store. */
const BEARER_PATTERN = /^Bearer +(pga_[A-Za-z0-9_-]{32,200})$/i;
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

export interface AuthenticationOptions {
  keys: ApiKeyVerifier;
  /** Merchant of calls from loopback without a key; null outside `dev`. */
  demoMerchantId: string | null;
  loadGate: LoadGate;
  /** Counts callers without a valid key. */
  countAddress: RequestHandler;
}

/** One and the same for a key that is missing, malformed, unknown, expired or revoked. */
function unauthenticated(): GatewayError {
  return new GatewayError('unauthenticated', 'Send a valid API key: Authorization: Bearer pga_…');
}

/** A request that a proxy passed on is not from loopback, whoever the proxy is. */
function isFromLoopback(request: Request): boolean {
  return (
    LOOPBACK.has(request.socket.remoteAddress ?? '') &&
    request.headers['x-forwarded-for'] === undefined &&
    request.headers.forwarded === undefined
  );
}

/** Makes the middleware of a route that needs `scope`: who is it, and may they. */
export function makeAuthenticate(options: AuthenticationOptions): (scope: Scope) => RequestHandler {
  const { keys, demoMerchantId, loadGate, countAddress } = options;
  const demoCaller: Caller | null =
    demoMerchantId === null
      ? null
      : { merchantId: demoMerchantId, scopes: ['payments:write', 'payments:read'] };

  async function callerOf(request: Request): Promise<Caller | null> {
    const { authorization } = request.headers;
    if (authorization === undefined) return isFromLoopback(request) ? demoCaller : null;
    const key = BEARER_PATTERN.exec(authorization)?.[1];
    return key === undefined ? null : keys.verify(key);
  }

  return (scope) => async (request, response, next) => {
    const context = contextOf(response);
    loadGate.enter(context);
    const caller = await callerOf(request);
    if (caller === null) {
      countAddress(request, response, (error?: unknown) => next(error ?? unauthenticated()));
      return;
    }
    context.caller = caller;
    if (!caller.scopes.includes(scope)) {
      throw new GatewayError('forbidden', `The API key does not have the scope ${scope}.`);
    }
    next();
  };
}
