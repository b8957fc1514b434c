/**
 * The simulators' listener: bare node:http, because faults need the socket itself and because a
 * load test drives thousands of requests a second through it, beside the system under test.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireRequest } from '../../domain/simulator.ts';
import type { Logger } from '../../domain/telemetry.ts';
import { sendJson } from './answers.ts';

/** No request of a provider's API, and no plan of faults, comes near it. */
const MAX_BODY_BYTES = 64 * 1024;
/**
 * Longer than any client keeps an idle connection, so that it is never us who close one under a
 * request.
 */
const KEEP_ALIVE_MS = 75_000;
/** A request must have arrived whole within this. */
const REQUEST_TIMEOUT_MS = 15_000;
const MAX_CONNECTIONS = 4_096;
/** Answers under way get this long when the simulators stop. */
const CLOSE_GRACE_MS = 500;

export type Handler = (request: WireRequest, response: ServerResponse) => void;

export interface HttpServerOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** By first path segment. */
  mounts: ReadonlyMap<string, Handler>;
  logger?: Logger | undefined;
}

export interface RunningHttpServer {
  port: number;
  close(): Promise<void>;
}

function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/**
 * Calls back with the whole body, or with null when it is too large. Silent when the client went
 * away.
 */
function readBody(incoming: IncomingMessage, done: (body: string | null) => void) {
  if (!hasBody(incoming)) return done('');
  const chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else if (bytes - chunk.length <= MAX_BODY_BYTES) done(null);
  });
  incoming.on('end', () => {
    if (bytes <= MAX_BODY_BYTES) done(Buffer.concat(chunks, bytes).toString());
  });
  incoming.on('error', () => {});
}

/** `/mtn/collection/token/?a=b` is mount `mtn`, path `/collection/token/` and query `a=b`. */
function splitTarget(target: string): { mount: string; path: string; query: string } {
  const mark = target.indexOf('?');
  const whole = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark + 1);
  const slash = whole.indexOf('/', 1);
  if (slash === -1) return { mount: whole.slice(1), path: '/', query };
  return { mount: whole.slice(1, slash), path: whole.slice(slash), query };
}

export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const { host, port, mounts, logger } = options;

  function handle(incoming: IncomingMessage, response: ServerResponse) {
    const { mount, path, query } = splitTarget(incoming.url ?? '/');
    const handler = mounts.get(mount);
    readBody(incoming, (body) => {
      if (body === null) {
        response.setHeader('connection', 'close');
        return sendJson(response, 413, { code: 'body-too-large', detail: 'at most 64 KiB' });
      }
      if (handler === undefined) {
        const detail = `nothing here; there is ${[...mounts.keys()].join(', ')}`;
        return sendJson(response, 404, { code: 'not-found', detail });
      }
      const { method = 'GET', headers } = incoming;
      try {
        handler({ method, path, query, headers, body }, response);
      } catch (error) {
        logger?.error('a simulator failed', { error });
        response.destroy();
      }
    });
  }

  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    handle,
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(port, host);
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
      await closed;
      clearTimeout(force);
    },
  };
}
