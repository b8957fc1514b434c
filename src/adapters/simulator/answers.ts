/** How answers reach the socket: the proper ones, and those that no caller wants to meet. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WireAnswer } from '../../domain/simulator.ts';
import type { Timers } from './timers.ts';

/**
 * A held connection is given up after this, so that a caller without a timeout cannot pile them up.
 */
const MAX_HOLD_MS = 120_000;
/** Well over any sane cap on a provider's answer, which is a few kilobytes. */
const HUGE_BYTES = 8 * 1024 * 1024;
const HUGE_CHUNK = 'x'.repeat(64 * 1024);
/** What a firewall in front of a provider answers with: HTML, and a good status. */
const FIREWALL_PAGE =
  '<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. ' +
  'Please consult with your administrator.<br><br>Your support ID is: 4281907352861</body></html>';
/** Starts like JSON, and is neither JSON nor UTF-8. */
const GARBAGE = Buffer.concat([
  Buffer.from('{"\u0000'),
  Buffer.from([0xff, 0xfe, 0x80, 0x9d, 0x22]),
]);

export function sendAnswer(response: ServerResponse, answer: WireAnswer): void {
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

export function sendGarbage(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(GARBAGE);
}

export function sendHtml(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(FIREWALL_PAGE);
}

/** 307 keeps method and body: a client that follows it sends the charge a second time. */
export function sendRedirect(response: ServerResponse): void {
  response.writeHead(307, { location: '/moved' });
  response.end();
}

/** Promises twice the bytes that it sends, then closes the connection. */
export function sendTruncated(response: ServerResponse, answer: WireAnswer): void {
  const start = answer.body === '' ? '{"status":' : answer.body.slice(0, answer.body.length / 2);
  const promised = Math.max(2 * Buffer.byteLength(start), Buffer.byteLength(answer.body));
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': String(promised),
  });
  response.write(start, () => response.socket?.destroySoon());
}

/** Valid JSON of 8 MiB, as fast as the client reads it; stops when the client has gone. */
export function sendHuge(response: ServerResponse): void {
  function* chunks() {
    yield '{"padding":"';
    for (let sent = 0; sent < HUGE_BYTES; sent += HUGE_CHUNK.length) yield HUGE_CHUNK;
    yield '"}';
  }
  sendStream(response, chunks());
}

export function sendStream(
  response: ServerResponse,
  chunks: Iterable<string>,
  type = 'application/json',
): void {
  response.writeHead(200, { 'content-type': type });
  // A client that went away in the middle is no error of ours.
  pipeline(Readable.from(chunks), response).catch(() => {});
}

/** A TCP reset: the caller's kernel reports ECONNRESET, whatever was buffered. */
export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** No byte is ever answered. */
export function hold(response: ServerResponse, timers: Timers): void {
  const cancel = timers.after(MAX_HOLD_MS, () => response.destroy());
  response.once('close', cancel);
}
