/** The ops listener: never behind the public load balancer (SEC-12). Liveness touches nothing. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '../../domain/telemetry.ts';
import type { Lifecycle } from './lifecycle.ts';
import { listen, urlOf } from './listen.ts';
import { closeServer } from './public-server.ts';
import type { Readiness } from './readiness.ts';
import { sendJson, sendText } from './send.ts';

/** Scrapers and health checks are few; more is a mistake or an attack. */
const MAX_CONNECTIONS = 200;
const TIMEOUT_MS = 5_000;

export interface OpsServerOptions {
  host: string;
  port: number;
  /** The metrics in Prometheus's text format. */
  renderMetrics(): Promise<{ contentType: string; body: string }>;
  readiness: Readiness;
  lifecycle: Lifecycle;
  logger: Logger;
}

export interface OpsServer {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  close(): Promise<void>;
}

function sendReadiness(response: ServerResponse, { readiness, lifecycle }: OpsServerOptions) {
  const phase = lifecycle.phase();
  const ready = phase === 'serving' && readiness.isReady();
  const status = phase === 'serving' ? (ready ? 'ready' : 'unready') : phase;
  sendJson(response, ready ? 200 : 503, { status, checks: readiness.report() });
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  options: OpsServerOptions,
) {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendJson(response, 405, { error: 'method not allowed' });
  }
  switch (request.url?.split('?')[0]) {
    case '/livez':
      return sendJson(response, 200, { status: 'alive' });
    case '/readyz':
      return sendReadiness(response, options);
    case '/metrics': {
      const { contentType, body } = await options.renderMetrics();
      return sendText(response, 200, contentType, body);
    }
    default:
      return sendJson(response, 404, { error: 'not found' });
  }
}

export async function startOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const server = createServer(
    { headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      route(request, response, options).catch((error: unknown) => {
        options.logger.error('the ops listener failed', { error });
        if (response.headersSent) response.destroy();
        else sendJson(response, 500, { error: 'internal error' });
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  const { host } = options;
  const port = await listen(server, { host, port: options.port, variable: 'OPS_PORT' });
  return { url: urlOf(host, port), port, server, close: () => closeServer(server, 1_000) };
}
