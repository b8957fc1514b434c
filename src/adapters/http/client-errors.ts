/**
 * What Node's HTTP parser refuses never reaches Express; it gets the same problem document here.
 */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayError } from '../../domain/errors.ts';
import type { Metrics } from '../../domain/telemetry.ts';
import { type HasContext, knownContext } from './context.ts';
import { PROBLEM_CONTENT_TYPE, problemOf } from './problem-details.ts';
import { STATUS_OF } from './status.ts';

export interface ClientErrorOptions {
  metrics: Metrics;
  newRequestId(): string;
  /** The latest answer begun on this connection, if any. */
  latestAnswer(socket: Duplex): (ServerResponse & HasContext) | undefined;
}

function errorOf(code: string | undefined): GatewayError | null {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError(
        'headers-too-large',
        'The headers are larger than this server reads.',
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('request-timeout', 'The request did not arrive in time.');
    default:
      return code?.startsWith('HPE_')
        ? new GatewayError('http-invalid', 'The request is not valid HTTP/1.1.')
        : null;
  }
}

function rawAnswer(error: GatewayError, requestId: string): string {
  const status = STATUS_OF[error.code];
  const body = JSON.stringify(problemOf(error, requestId));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Listener for the server's `clientError`. */
export function makeClientErrorListener(options: ClientErrorOptions) {
  return (cause: NodeJS.ErrnoException, socket: Duplex): void => {
    const error = errorOf(cause.code);
    const answer = options.latestAnswer(socket);
    if (error === null || !socket.writable) {
      socket.destroy();
      return;
    }
    if (answer !== undefined && !answer.writableFinished) {
      const bodyIsMissing = !answer.req.complete;
      if (!bodyIsMissing || answer.headersSent) {
        // An answer is on its way here: ours would be read as part of it.
        answer.shouldKeepAlive = false;
        answer.once('finish', () => socket.destroy());
        return;
      }
    } else if (answer !== undefined && !answer.req.complete) {
      // Answered before its body was whole, and the rest was bad or never came.
      socket.destroy();
      return;
    }
    const status = STATUS_OF[error.code];
    const context = answer?.writableFinished === false ? knownContext(answer) : undefined;
    if (answer && context) {
      // The request has begun: its own log line and metric tell what it was answered.
      answer.statusCode = status;
      context.code = error.code;
    } else {
      options.metrics.httpRequest({ method: 'OTHER', route: 'unparsed', status }, 0);
    }
    const requestId = context?.requestId ?? options.newRequestId();
    socket.end(rawAnswer(error, requestId), () => socket.destroy());
  };
}
