/**
 * W3C Trace Context, version 00. A caller's trace goes on; a malformed one is ignored, as the
 * standard says.
 */
const PATTERN = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/**
 * Our own span of the caller's trace, or of a new one. Its ids come from the request id: both are
 * random.
 */
export function continueTrace(header: string | string[] | undefined, requestId: string): string {
  const digits = requestId.replaceAll('-', '');
  const [, traceId = digits, flags = '01'] =
    (typeof header === 'string' && PATTERN.exec(header)) || [];
  return `00-${traceId}-${digits.slice(16)}-${flags}`;
}

/** The part that all spans of a trace share. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
