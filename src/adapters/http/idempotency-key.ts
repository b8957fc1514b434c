import { GatewayError } from '../../domain/errors.ts';

/**
 * Visible ASCII: no space, no control character, nothing that a store or a log could read as
 * syntax.
 */
export const IDEMPOTENCY_KEY_PATTERN = /^[\x21-\x7E]{1,64}$/;

/** The header as the API description writes it: bare, or quoted with its escapes. */
export const IDEMPOTENCY_HEADER_PATTERN =
  '^([\\x21\\x23-\\x7E][\\x21-\\x7E]{0,63}|"([\\x21\\x23-\\x5B\\x5D-\\x7E]|\\\\["\\\\]){1,64}")$';

/** An RFC 8941 string: quotes and backslashes inside are escaped. */
const QUOTED_PATTERN = /^"((?:[^"\\]|\\["\\])*)"$/;

/**
 * The key without its quotes: `"abc"` and `abc` are one key. Null when there is none. Node joins
 * repeated headers with `, `, and a key has no space: so two headers are refused here as well.
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined || header === '') return null;
  const text = typeof header === 'string' ? header : header.join(', ');
  const key = text.startsWith('"')
    ? QUOTED_PATTERN.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1')
    : text;
  if (key !== undefined && IDEMPOTENCY_KEY_PATTERN.test(key)) return key;
  throw new GatewayError(
    'idempotency-key-invalid',
    'Send one Idempotency-Key of 1 to 64 visible ASCII characters without spaces, bare or whole ' +
      'in quotes.',
  );
}

export function missingIdempotencyKey(): GatewayError {
  return new GatewayError('idempotency-key-missing', 'Send an Idempotency-Key header.');
}
