/** One request on the pool: knows at every moment whether a byte of it can have left. */
import type { Dispatcher } from 'undici';
import type { HttpResult } from '../../domain/http-client.ts';
import { lost, neverLeft, ResponseTooLarge } from './wire-failure.ts';

type ResponseHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * Undici calls `onRequestStart` synchronously before it writes the first byte to a socket, and a
 * throw there stops the write. So: not started means never left, and a request that was given up
 * while it waited, or that undici would write a second time, is stopped there.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #maxResponseBytes: number;
  readonly #isTls: boolean;
  readonly #settle: (result: HttpResult) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    limits: { maxResponseBytes: number; isTls: boolean },
    settle: (result: HttpResult) => void,
  ) {
    this.#maxResponseBytes = limits.maxResponseBytes;
    this.#isTls = limits.isTls;
    this.#settle = settle;
  }

  /** Gives up: aborts what is on the wire, or makes sure that it never gets there. */
  abort(reason: Error): void {
    if (this.#settled) return;
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) throw new Error('given up before it was sent');
    if (this.#controller !== undefined) throw new Error('a request is written once');
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
  ): void {
    if (status < 200) return;
    this.#status = status;
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) {
        this.#headers[name] = Array.isArray(value) ? value.join(', ') : value;
      }
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxResponseBytes) {
      const error = new ResponseTooLarge(`more than ${this.#maxResponseBytes} bytes`);
      this.#fail(error);
      controller.abort(error);
    } else {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const whole = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    const body = whole.toString('utf8');
    this.#finish({ kind: 'response', status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(error);
  }

  #fail(error: Error): void {
    const started = this.#controller !== undefined;
    this.#finish(started ? lost(error, this.#status !== 0) : neverLeft(error, this.#isTls));
  }

  #finish(result: HttpResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#chunks = [];
    this.#settle(result);
  }
}
