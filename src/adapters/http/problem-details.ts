/** The one border from errors to RFC 9457 problem documents. */
import type { ServerResponse } from 'node:http';
import type { ErrorCode, FieldError, Retry } from '../../domain/errors.ts';
import { ERRORS, GatewayError } from '../../domain/errors.ts';
import type { Failure } from '../../domain/payment.ts';
import type { Logger } from '../../domain/telemetry.ts';
import { type HasContext, knownContext } from './context.ts';
import { paymentLocation } from './payment-location.ts';
import { sendText } from './send.ts';
import { needsRetryAfter, STATUS_OF } from './status.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** In the order in which its members are written. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ErrorCode;
  requestId: string;
  retry: Retry;
  provider?: string;
  paymentId?: string;
  failure?: Failure;
  errors?: FieldError[];
}

/**
 * The members that every problem has, from its code; `status` and `title` are never chosen apart.
 */
export function problem(
  code: ErrorCode,
  detail: string,
  requestId: string,
  retry: Retry = ERRORS[code].retry,
): Problem {
  return {
    type: `urn:problem-type:payment-gateway:${code}`,
    title: ERRORS[code].title,
    status: STATUS_OF[code],
    detail,
    instance: `urn:uuid:${requestId}`,
    code,
    requestId,
    retry,
  };
}

export function problemOf(error: GatewayError, requestId: string): Problem {
  const document = problem(error.code, error.message, requestId, error.retry);
  if (error.provider !== undefined) document.provider = error.provider;
  if (error.paymentId !== undefined) document.paymentId = error.paymentId;
  if (error.errors !== undefined) document.errors = error.errors;
  return document;
}

/**
 * Whole seconds, at least 1; undefined where the status makes no such promise and none is known.
 */
export function retryAfterOf(error: GatewayError): number | undefined {
  const seconds = error.retryAfterSeconds;
  if (seconds !== undefined && Number.isFinite(seconds)) return Math.max(1, Math.ceil(seconds));
  return needsRetryAfter(STATUS_OF[error.code]) ? 1 : undefined;
}

/** An unknown error gets a fixed sentence; its message and stack stay in the log. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const detail = 'Something went wrong on our side; tell us the requestId.';
  return new GatewayError('internal-error', detail, { cause: error });
}

export interface ProblemTarget {
  response: ServerResponse & HasContext;
  requestId: string;
  logger: Logger;
}

export function sendProblem({ response, requestId, logger }: ProblemTarget, cause: unknown): void {
  const error = asGatewayError(cause);
  const context = knownContext(response);
  if (context) {
    context.code = error.code;
    context.paymentId ??= error.paymentId ?? null;
  }
  if (error.code === 'internal-error') {
    logger.error('a request failed by a defect of ours', {
      requestId,
      error: error.cause ?? error,
    });
  }
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
  if (error.paymentId !== undefined) {
    response.setHeader('Location', paymentLocation(error.paymentId));
  }
  if (error.code === 'unauthenticated') response.setHeader('WWW-Authenticate', 'Bearer');
  const document = problemOf(error, requestId);
  sendText(response, document.status, PROBLEM_CONTENT_TYPE, JSON.stringify(document));
}
