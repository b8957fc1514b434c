/** What can go wrong between the gateway and a provider, and what each provider must make of it. */
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { ProviderSpec } from '../support/provider-rig.ts';
import { httpAnswer, type RawRequest } from '../support/raw-server.ts';

export type Product = (socket: Socket, request: RawRequest, spec: ProviderSpec) => void;

export interface WireRow {
  name: string;
  product: Product;
  /** `kind` or `kind/cause` of the charge. */
  charge: string;
  chargeFailure: boolean;
  status: string;
  statusFailure: boolean;
  /** For what never answers. */
  timeoutMs?: number;
}

const HTML = '<!doctype html><html><body>Request Rejected - Support ID: 1</body></html>';
const SHORT_MS = 300;

const say =
  (text: string | Buffer): Product =>
  (socket) => {
    socket.write(text);
  };
const sayAndClose =
  (text: string): Product =>
  (socket) => {
    socket.end(text);
  };
const reset: Product = (socket) => socket.resetAndDestroy();

/** Nothing is known of the charge, and it counts against the provider. */
function unknown(name: string, product: Product, timeoutMs?: number): WireRow {
  return {
    name,
    product,
    charge: 'unknown',
    chargeFailure: true,
    status: 'unclear',
    statusFailure: true,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

const gzipped = gzipSync('{"status":{"success":true}}');
const gzipHead = `HTTP/1.1 200 X\r\ncontent-encoding: gzip\r\ncontent-length: ${gzipped.length}`;

export const WIRE_ROWS: readonly WireRow[] = [
  unknown('a reset before the answer', reset),
  unknown('a close without an answer', (socket) => socket.end()),
  unknown('a reset after partial headers', (socket) => {
    socket.write('HTTP/1.1 202 X\r\ncontent-le', () =>
      setImmediate(() => socket.resetAndDestroy()),
    );
  }),
  unknown('a close after partial headers', sayAndClose('HTTP/1.1 202 X\r\ncontent-le')),
  unknown('a truncated 202', sayAndClose('HTTP/1.1 202 X\r\ncontent-length: 9\r\n\r\nok')),
  unknown('a truncated 429', sayAndClose('HTTP/1.1 429 X\r\ncontent-length: 9\r\n\r\nok')),
  unknown('bytes that are no HTTP', say('\u0000\u0001garbage\r\n\r\n')),
  unknown('an unasked 100', say('HTTP/1.1 100 X\r\n\r\n')),
  unknown('an upgrade', say('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')),
  unknown('no answer at all', () => {}, SHORT_MS),
  unknown('headers that never end', say('HTTP/1.1 202 X\r\nx-a: '), SHORT_MS),
  unknown('a body that never ends', say('HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n{'), SHORT_MS),
  unknown('a huge body', say(httpAnswer(200, `{"a":"${'x'.repeat(70_000)}"}`))),
  unknown('a huge header', say(httpAnswer(202, '', { 'x-long': 'x'.repeat(20_000) }))),
  unknown('an empty 200', say(httpAnswer(200))),
  unknown('a 200 with garbage', say(httpAnswer(200, '}{', { 'content-type': 'application/json' }))),
  unknown('a 202 with garbage', say(httpAnswer(202, 'OK, thanks'))),
  unknown('a 200 with a JSON string', say(httpAnswer(200, '"SUCCESS"'))),
  unknown('a 200 with a JSON array', say(httpAnswer(200, '[{"status":"SUCCESSFUL"}]'))),
  unknown('a 200 of HTML', say(httpAnswer(200, HTML, { 'content-type': 'text/html' }))),
  unknown('a 204', say('HTTP/1.1 204 X\r\n\r\n')),
  unknown('a gzipped 200', say(Buffer.concat([Buffer.from(`${gzipHead}\r\n\r\n`), gzipped]))),
  unknown('a 302', say(httpAnswer(302, '', { location: '/elsewhere' }))),
  unknown('a 307', say(httpAnswer(307, '', { location: '/elsewhere' }))),
  unknown('a 400 of HTML', say(httpAnswer(400, HTML))),
  unknown('a 403 of HTML from a firewall', say(httpAnswer(403, HTML))),
  unknown('a 404 of HTML', say(httpAnswer(404, HTML))),
  unknown('a 408', say(httpAnswer(408))),
  unknown('a 409 of HTML', say(httpAnswer(409, HTML))),
  unknown('an empty 500', say(httpAnswer(500))),
  unknown('a 500 with an unheard-of code', say(httpAnswer(500, '{"code":"NEW_CODE"}'))),
  unknown('a 500 of HTML', say(httpAnswer(500, HTML))),
  unknown('a 502 of HTML', say(httpAnswer(502, HTML))),
  unknown('a 503 of HTML', say(httpAnswer(503, HTML))),
  unknown('a 504 of HTML', say(httpAnswer(504, HTML))),
  unknown('a 599', say(httpAnswer(599))),
  {
    name: 'a 429',
    product: say(httpAnswer(429, '', { 'retry-after': '7' })),
    charge: 'not_taken/refused',
    chargeFailure: true,
    status: 'unclear',
    statusFailure: true,
  },
  {
    name: 'a 401 each time',
    product: say(httpAnswer(401, '{"error":"invalid_token"}')),
    charge: 'not_taken/refused',
    chargeFailure: true,
    status: 'unclear',
    statusFailure: true,
  },
  {
    name: 'a 403 each time',
    product: say(httpAnswer(403, '{"error":"invalid_token"}')),
    charge: 'not_taken/refused',
    chargeFailure: true,
    status: 'unclear',
    statusFailure: true,
  },
];
