import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError } from '../../domain/errors.ts';
import { MAX_BODY_BYTES } from './settings.ts';

/** Past this we stop listening to a caller who sends on after being told that it was too much. */
const DRAIN_LIMIT_BYTES = 1_048_576;

function tooLarge(): GatewayError {
  return new GatewayError('body-too-large', `A body has at most ${MAX_BODY_BYTES} bytes.`);
}

/** Refuses by `Content-Length` at once, before anything else is looked at. */
export function checkDeclaredLength(request: IncomingMessage, response: ServerResponse): void {
  const declared = request.headers['content-length'];
  if (declared === undefined) return;
  const bytes = Number(declared);
  if (bytes <= MAX_BODY_BYTES) return;
  // A body that is not worth throwing away ends the connection with the answer.
  if (bytes > DRAIN_LIMIT_BYTES) response.shouldKeepAlive = false;
  throw tooLarge();
}

/**
 * The whole body, at most MAX_BODY_BYTES. It is raw on purpose: no decompression, no charset, no
 * parser. After a refusal the rest is thrown away up to a bound, so that the caller can read the
 * answer.
 */
export function readBody(request: IncomingMessage): Promise<Buffer> | Buffer {
  // A small body has mostly arrived with its headers, while the caller's key was looked up.
  if (request.complete && request.readableLength <= MAX_BODY_BYTES) {
    return (request.read() as Buffer | null) ?? Buffer.alloc(0);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(tooLarge());
      if (bytes > DRAIN_LIMIT_BYTES) request.destroy();
    });
    request.once('end', () => {
      const [first] = chunks;
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes));
    });
    request.once('error', () => {
      reject(new GatewayError('http-invalid', 'The request ended before its body was whole.'));
    });
    // Without an error, a caller who hung up early leaves only this event.
    request.once('close', () => {
      if (!request.complete) {
        reject(new GatewayError('http-invalid', 'The request ended before its body was whole.'));
      }
    });
  });
}
