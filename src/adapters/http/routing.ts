/** Express, set up strictly, and the answers for what no route serves. */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { GatewayError } from '../../domain/errors.ts';
import type { Logger } from '../../domain/telemetry.ts';
import { contextOf } from './context.ts';
import { sendProblem } from './problem-details.ts';
import { parseQuery } from './query.ts';

export type Handlers = Partial<Record<'GET' | 'POST' | 'PUT', RequestHandler[]>>;

function methodNotAllowed(allowed: readonly string[]): RequestHandler {
  const allow = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method));
  return (_request, response, next) => {
    response.setHeader('Allow', allow.join(', '));
    next(new GatewayError('method-not-allowed', 'This path does not serve this method.'));
  };
}

/** Serves one path; `pattern` is its name in metrics, logs and the API description. */
export function serve(
  app: Express,
  { path, pattern, handlers }: { path: string; pattern: string; handlers: Handlers },
  countAddress: RequestHandler,
): void {
  const route = app.route(path);
  route.all((_request, response, next) => {
    contextOf(response).route = pattern;
    next();
  });
  if (handlers.GET) route.get(handlers.GET);
  if (handlers.POST) route.post(handlers.POST);
  if (handlers.PUT) route.put(handlers.PUT);
  route.all(countAddress, methodNotAllowed(Object.keys(handlers)));
}

export const notFound: RequestHandler = (request, _response, next) => {
  // No path of this server serves TRACE, so it is the method that is wrong everywhere.
  if (request.method === 'TRACE') methodNotAllowed([])(request, _response, next);
  else next(new GatewayError('not-found', 'There is nothing at this path.'));
};

export function makeErrorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    // Express could not decode a parameter of the path: then nothing can be at that path.
    const cause =
      error instanceof URIError
        ? new GatewayError('not-found', 'There is nothing at this path.')
        : error;
    sendProblem({ response, requestId: contextOf(response).requestId, logger }, cause);
  };
}

export function makeExpress(trustedProxyHops: number): Express {
  const app = express();
  app.disable('x-powered-by');
  // Answers are never cached, and a hash of each costs a quarter of the CPU time of a request.
  app.set('etag', false);
  app.set('query parser', parseQuery);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('trust proxy', trustedProxyHops);
  return app;
}
