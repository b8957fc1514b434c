import { MultipleErrors, ProtocolError, ResponseError } from '@platformatic/kafka';

/**
 * `produce failed 3 times.`: the client's list of one destination's tries, the last of which
 * counts.
 */
const LIST_OF_TRIES = /failed \d+ times/;

/**
 * True when the brokers refused only because they have stored these batches before. The client
 * reports that as an error, although it is the very thing that idempotence is for. Every
 * destination must say so.
 */
export function isStoredAlready(error: unknown): boolean {
  return everyFinal(error, (id) => id === 'DUPLICATE_SEQUENCE_NUMBER');
}

/** True when a broker finds a batch too large: its own limit may be lower than ours. */
export function isTooLarge(error: unknown): boolean {
  return someFinal(error, (id) => id === 'MESSAGE_TOO_LARGE' || id === 'RECORD_LIST_TOO_LARGE');
}

/** True when the topic exists: another `migrate` was quicker. */
export function isExistsAlready(error: unknown): boolean {
  return everyFinal(error, (id) => id === 'TOPIC_ALREADY_EXISTS');
}

type Test = (apiId: string) => boolean;

function everyFinal(error: unknown, test: Test): boolean {
  const finals = finalErrors(error);
  return finals.length > 0 && finals.every((one) => matches(one, test));
}

function someFinal(error: unknown, test: Test): boolean {
  return finalErrors(error).some((one) => matches(one, test));
}

function matches(error: unknown, test: Test): boolean {
  return error instanceof ProtocolError && test(String(error.apiId));
}

/**
 * The errors that decided: a retried operation counts by its last try, a spread one by all its
 * parts.
 */
function finalErrors(error: unknown): unknown[] {
  if (!(error instanceof MultipleErrors)) return [error];
  const parts = (error.errors as unknown[]).filter(Boolean);
  const retried = !(error instanceof ResponseError) && LIST_OF_TRIES.test(error.message);
  return (retried ? parts.slice(-1) : parts).flatMap(finalErrors);
}
