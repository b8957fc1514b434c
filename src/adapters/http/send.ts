import type { ServerResponse } from 'node:http';
import { leaveWork } from './context.ts';

/**
 * Writes a whole answer. Express's own `send` looks for ETags, freshness and charsets on each call;
 * none of that applies to answers that are never cached.
 */
export function sendText(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
): void {
  response.statusCode = status;
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
  leaveWork(response as Parameters<typeof leaveWork>[0]);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, 'application/json', JSON.stringify(value));
}
