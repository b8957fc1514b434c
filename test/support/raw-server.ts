/** A server that speaks raw bytes, so that a test can break HTTP in every way. */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

export interface RawRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** Gets each request as soon as it is complete. What it does not answer stays open. */
export type RawHandler = (socket: Socket, request: RawRequest) => void;

export interface RawServer extends AsyncDisposable {
  port: number;
  url: string;
  requests: RawRequest[];
  /** Connections ever accepted. */
  connections(): number;
}

export async function startRawServer(handler: RawHandler): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const requests: RawRequest[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let buffered = '';
    socket.on('data', (chunk) => {
      buffered += chunk.toString('latin1');
      for (let next = takeRequest(buffered); next; next = takeRequest(buffered)) {
        buffered = next.rest;
        requests.push(next.request);
        handler(socket, next.request);
      }
    });
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}

function takeRequest(buffered: string): { request: RawRequest; rest: string } | undefined {
  const end = buffered.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = buffered.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const length = Number(headers['content-length'] ?? 0);
  const rest = buffered.slice(end + 4);
  if (rest.length < length) return undefined;
  const [method = '', path = ''] = first.split(' ');
  const request = { method, path, headers, body: rest.slice(0, length) };
  return { request, rest: rest.slice(length) };
}

/** A complete answer with a true length. */
export function httpAnswer(
  status: number | string,
  body = '',
  headers: Record<string, string> = {},
): string {
  const all = { 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n${body}`;
}

export function jsonAnswer(status: number, value: unknown): string {
  return httpAnswer(status, JSON.stringify(value), { 'content-type': 'application/json' });
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  await using server = await startRawServer(() => {});
  return server.port;
}
