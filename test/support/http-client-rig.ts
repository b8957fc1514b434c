/** One call over the real client, and what became of it in one line. */
import type { Socket } from 'node:net';
import {
  type HttpClientOptions,
  makeHttpClient,
} from '../../src/adapters/provider-http/http-client.ts';
import type { HttpResult } from '../../src/domain/http-client.ts';
import { type RawHandler, startRawServer } from './raw-server.ts';

export const TIMEOUT_MS = 400;
export const POST = {
  method: 'POST',
  path: '/pay',
  headers: {},
  body: '{}',
  timeoutMs: 5_000,
} as const;

export async function sendOnce(
  handler: RawHandler,
  options: Partial<HttpClientOptions> = {},
  timeoutMs: number = POST.timeoutMs,
): Promise<HttpResult> {
  await using server = await startRawServer(handler);
  return await sendTo(server.url, options, timeoutMs);
}

export async function sendTo(
  baseUrl: string,
  options: Partial<HttpClientOptions> = {},
  timeoutMs: number = POST.timeoutMs,
): Promise<HttpResult> {
  const client = makeHttpClient({ baseUrl, ...options });
  try {
    return await client.send({ ...POST, timeoutMs });
  } finally {
    await client.close();
  }
}

/** What became of it: `response 202`, `lost reset`, `never-left dns`. */
export function summary(result: HttpResult): string {
  return result.kind === 'response'
    ? `response ${result.status} ${result.body}`.trim()
    : `${result.kind} ${result.cause}`;
}

export const write =
  (text: string | Buffer): RawHandler =>
  (socket) => {
    socket.write(text);
  };
export const writeAndClose =
  (text: string): RawHandler =>
  (socket) => {
    socket.end(text);
  };
export const reset = (socket: Socket) => socket.resetAndDestroy();
