/** Sends callbacks as a provider would: a few tries each, short timeouts, and none for ever. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { CallbackRequest } from '../../domain/simulator.ts';
import type { Logger } from '../../domain/telemetry.ts';

/** MTN's published timeout for one callback. */
const TIMEOUT_MS = 2_000;
/** Its published schedule goes on for days; nobody watches a simulator that long. */
const TRIES = 3;
const PAUSE_MS = 1_000;
const MAX_IN_FLIGHT = 32;
/** Sequences that wait for a place; beyond this, callbacks get lost, as they do in life. */
const MAX_WAITING = 10_000;

export interface CallbackSender {
  /** Sends one after the other. Resolves when the last was delivered or given up; never rejects. */
  send(sequence: readonly CallbackRequest[]): Promise<void>;
  /** Drops what waits and aborts what is under way. */
  close(): Promise<void>;
}

export function makeCallbackSender({ logger }: { logger?: Logger | undefined }): CallbackSender {
  const agent = new Agent({ connections: MAX_IN_FLIGHT, connect: { timeout: TIMEOUT_MS } });
  const closing = new AbortController();
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  let saidLost = false;

  /** True when there is no point in sending it again. */
  async function tryOnce({ url, method, headers, body }: CallbackRequest): Promise<boolean> {
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const answer = await request(url, { dispatcher: agent, method, headers, body, signal });
      await answer.body.dump();
      return answer.statusCode < 500 && answer.statusCode !== 429;
    } catch {
      return closing.signal.aborted;
    }
  }

  async function deliver(callback: CallbackRequest) {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      if (await tryOnce(callback)) return;
      if (attempt < TRIES) await sleep(PAUSE_MS, null, { signal: closing.signal }).catch(() => {});
    }
    logger?.debug('a callback was given up', { method: callback.method });
  }

  async function place() {
    if (inFlight >= MAX_IN_FLIGHT) await new Promise<void>((resolve) => waiting.push(resolve));
    else inFlight += 1;
  }

  function giveBack() {
    const next = waiting.shift();
    if (next === undefined) inFlight -= 1;
    else next();
  }

  return {
    async send(sequence) {
      if (closing.signal.aborted) return;
      if (waiting.length >= MAX_WAITING) {
        if (!saidLost) logger?.warn('callbacks are lost: too many wait', { MAX_WAITING });
        saidLost = true;
        return;
      }
      await place();
      try {
        for (const callback of sequence) await deliver(callback);
      } finally {
        giveBack();
      }
    },
    async close() {
      closing.abort();
      await agent.destroy();
    },
  };
}
