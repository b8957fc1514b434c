/**
 * The first and the last that happens to every request: its id, its headers, its log line, its
 * metric.
 */
import type { RequestHandler } from 'express';
import { GatewayError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import type { Logger, Metrics } from '../../domain/telemetry.ts';
import { type RequestContext, UNMATCHED_ROUTE } from './context.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LoadGate } from './load-gate.ts';

/** Labels of metrics: a caller can send any word as a method that the parser knows. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']);

export interface AdmissionOptions {
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  lifecycle: Lifecycle;
  loadGate: LoadGate;
  newRequestId(): string;
}

export function methodLabel(method: string | undefined): string {
  return method !== undefined && METHODS.has(method) ? method : 'OTHER';
}

export function makeAdmission(options: AdmissionOptions): RequestHandler {
  const { clock, logger, metrics, lifecycle, loadGate, newRequestId } = options;

  function finished(context: RequestContext, method: string, status: number): void {
    loadGate.leave(context);
    const { requestId, route, paymentId, traceId, code, caller } = context;
    const durationMs = clock.monotonicMs() - context.arrivedAtMs;
    metrics.httpRequest({ method, route, status }, durationMs / 1_000);
    const rounded = Math.round(durationMs * 100) / 100;
    logger.info('request', {
      ...{ method, route, status, code, durationMs: rounded, requestId, paymentId },
      traceId,
      merchantId: caller?.merchantId ?? null,
    });
  }

  return (request, response, next) => {
    const context: RequestContext = {
      requestId: newRequestId(),
      arrivedAtMs: clock.monotonicMs(),
      route: UNMATCHED_ROUTE,
      caller: null,
      paymentId: null,
      traceId: null,
      code: null,
      atWork: false,
      leave: null,
    };
    response.locals.context = context;
    response.setHeader('X-Request-Id', context.requestId);
    response.setHeader('Cache-Control', 'no-store');
    const method = methodLabel(request.method);
    response.once('close', () => finished(context, method, response.statusCode));
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      // Node would refuse it without a problem document; it is told to leave that to us.
      throw new GatewayError('http-invalid', 'A request needs one Host header.');
    }
    if (lifecycle.phase() !== 'serving') {
      // Callers move to another copy with their next request, before the listener closes.
      response.shouldKeepAlive = false;
      if (lifecycle.phase() === 'closing') {
        throw new GatewayError('shutting-down', 'This server is shutting down: ask another one.');
      }
    }
    next();
  };
}
