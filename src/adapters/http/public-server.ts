/** The public listener: Node's HTTP server with a limit on everything (SEC-6). */
import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics } from '../../domain/telemetry.ts';
import { makeClientErrorListener } from './client-errors.ts';
import { listen, urlOf } from './listen.ts';
import { MAX_BODY_BYTES, SERVER_LIMITS, type ServerLimits } from './settings.ts';

/** While closing, connections whose last answer has gone out are looked for this often. */
const CLOSE_IDLE_EVERY_MS = 20;

export interface PublicServerOptions {
  host: string;
  port: number;
  metrics: Metrics;
  /** @default SERVER_LIMITS */
  limits?: ServerLimits;
  newRequestId?: () => string;
}

export interface PublicServer {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /** Stops accepting, waits for answers under way at most `drainMs`, then ends all connections. */
  close(options?: { drainMs?: number }): Promise<void>;
}

function makeServer(limits: ServerLimits): Server {
  const server = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.connectionsCheckingIntervalMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: limits.maxHeaderBytes,
    // Node would answer without a problem document; the app checks it.
    requireHostHeader: false,
    noDelay: true,
  });
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket;
  server.maxConnections = limits.maxConnections;
  // A caller who reads nothing of an answer loses its socket.
  server.setTimeout(limits.socketIdleTimeoutMs);
  return server;
}

interface Connection {
  requests: number;
  unanswered: number;
  answer: ServerResponse;
}

export async function startPublicServer(
  app: RequestListener,
  options: PublicServerOptions,
): Promise<PublicServer> {
  const { host, metrics, limits = SERVER_LIMITS, newRequestId = randomUUID } = options;
  const server = makeServer(limits);
  const connections = new WeakMap<Duplex, Connection>();

  const serve: RequestListener = (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const connection = connections.get(socket) ?? { requests: 0, unanswered: 0, answer: response };
    connection.answer = response;
    connection.requests += 1;
    connection.unanswered += 1;
    if (connection.requests === 1) connections.set(socket, connection);
    // Answers wait for those before them, so a caller who reads none could pile up thousands.
    if (connection.unanswered > limits.maxPipelined) return void socket.destroy();
    response.once('close', () => {
      connection.unanswered -= 1;
    });
    // Node only announces the end of the connection, and answers the next request with a bare 503.
    if (connection.requests >= limits.maxRequestsPerSocket) response.shouldKeepAlive = false;
    app(request, response);
  };
  server.on('request', serve);
  server.on('checkContinue', (request, response) => {
    const bytes = Number(request.headers['content-length'] ?? 0);
    // A body that is too large is refused before it is sent.
    if (bytes <= MAX_BODY_BYTES) response.writeContinue();
    serve(request, response);
  });
  // Other expectations may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', serve);
  const latestAnswer = (socket: Duplex) => connections.get(socket)?.answer;
  server.on('clientError', makeClientErrorListener({ metrics, newRequestId, latestAnswer }));

  const port = await listen(server, { host, port: options.port, variable: 'PORT' });
  return {
    url: urlOf(host, port),
    port,
    server,
    close: ({ drainMs = 0 } = {}) => closeServer(server, drainMs),
  };
}

/** Also ends connections that are kept alive, each as soon as it has nothing under way. */
export async function closeServer(server: Server, drainMs: number): Promise<void> {
  if (!server.listening) return;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  const deadline = new AbortController();
  const tooLate = sleep(drainMs, undefined, { signal: deadline.signal }).catch(() => {});
  await Promise.race([closed, tooLate]);
  deadline.abort();
  clearInterval(idle);
  server.closeAllConnections();
  await closed;
}
