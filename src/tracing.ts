/**
 * W3C Trace Context, version 00. The text itself travels: with the payment's row, the outbox,
 * Kafka's headers and the call to a provider. It needs no SDK and no storage that follows the call.
 */
import { randomBytes } from 'node:crypto';

export interface TraceContext {
  traceId: string;
  spanId: string;
  flags: string;
}

const SAMPLED = '01';
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** Ids of zeros only are invalid, says the standard. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** null for anything that is not a valid version 00. */
export function parseTraceparent(text: string | undefined): TraceContext | null {
  const match = TRACEPARENT.exec(text ?? '');
  if (match === null) return null;
  const [, traceId = '', spanId = '', flags = ''] = match;
  return { traceId, spanId, flags };
}

/** A span of our own: in the parent's trace when there is a valid one, else in a new trace. */
export function makeTraceparent(parent?: string): string {
  const { traceId, flags } = parseTraceparent(parent) ?? {
    traceId: randomBytes(TRACE_ID_BYTES).toString('hex'),
    flags: SAMPLED,
  };
  return `00-${traceId}-${randomBytes(SPAN_ID_BYTES).toString('hex')}-${flags}`;
}

/** For log lines; undefined when there is no valid trace. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return parseTraceparent(traceparent)?.traceId;
}
