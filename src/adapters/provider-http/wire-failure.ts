/** What went wrong on the wire, from undici's and Node's error codes. */
import type { HttpResult, LostCause, NeverLeftCause } from '../../domain/http-client.ts';

export type FailedResult = Exclude<HttpResult, { kind: 'response' }>;

/** Carries a failed result through axios, which knows only rejections. */
export class WireFailure extends Error {
  readonly result: FailedResult;
  constructor(result: FailedResult) {
    super(result.detail);
    this.result = result;
  }
}

export class CallTimeout extends Error {
  readonly code = 'CALL_TIMEOUT';
}

/** The answer is larger than the client takes. */
export class ResponseTooLarge extends Error {
  readonly code = 'RESPONSE_TOO_LARGE';
}

const NEVER_LEFT: Record<string, NeverLeftCause> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  ECONNREFUSED: 'connect-refused',
  CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  ETIMEDOUT: 'connect-timeout',
  CALL_TIMEOUT: 'connect-timeout',
  EPROTO: 'tls',
};

const LOST: Record<string, LostCause> = {
  CALL_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  RESPONSE_TOO_LARGE: 'too-large',
  UND_ERR_HEADERS_OVERFLOW: 'too-large',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too-large',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
};

/** Certificate errors of OpenSSL carry no common prefix. */
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH)/;

/** Only for a request of which no byte was handed to a socket. */
export function neverLeft(error: unknown, isTls: boolean): FailedResult {
  const code = codeOf(error);
  const known = Object.hasOwn(NEVER_LEFT, code) ? NEVER_LEFT[code] : undefined;
  // A peer that hangs up in the middle of the handshake shows as a plain reset.
  const tls = TLS_CODE.test(code) || (isTls && code === 'ECONNRESET');
  return {
    kind: 'never-left',
    cause: known ?? (tls ? 'tls' : 'connect-failed'),
    detail: detailOf(error),
  };
}

/** For a request that was handed to a socket, however little of it the other side may have seen. */
export function lost(error: unknown, answerStarted: boolean): FailedResult {
  const code = codeOf(error);
  const known = Object.hasOwn(LOST, code) ? LOST[code] : undefined;
  const isParserError = error instanceof Error && error.name === 'HTTPParserError';
  const cause = known ?? (isParserError ? 'protocol' : 'other');
  const truncated = answerStarted && (cause === 'reset' || cause === 'protocol');
  return { kind: 'lost', cause: truncated ? 'truncated' : cause, detail: detailOf(error) };
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Code and class only: messages of parsers may quote what the other side sent. */
function detailOf(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.name : 'unknown error');
}
