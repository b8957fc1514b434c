import { GatewayError, StoreUnavailable } from '../domain/errors.ts';

const STORE_RETRY_SECONDS = 2;

/** A store that is away, as the caller may read it; any other error stays what it is. */
export function unavailable(error: unknown): unknown {
  if (!(error instanceof StoreUnavailable)) return error;
  return new GatewayError('store-unavailable', 'The store does not answer. Nothing was sent.', {
    cause: error,
    retryAfterSeconds: STORE_RETRY_SECONDS,
  });
}
