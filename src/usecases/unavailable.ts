import { GatewayError, StoreUnavailable } from '../domain/errors.ts';

const STORE_RETRY_SECONDS = 2;

/** What a caller who wanted to pay is told as well. */
export const NOTHING_SENT = ' Nothing was sent.';

/** A store that is away, as the caller may read it; any other error stays what it is. */
export function unavailable(error: unknown, consequence = ''): unknown {
  if (!(error instanceof StoreUnavailable)) return error;
  return new GatewayError('store-unavailable', `The store does not answer.${consequence}`, {
    cause: error,
    retryAfterSeconds: STORE_RETRY_SECONDS,
  });
}
