/** A merchant's client: payments by HTTP through the load balancer, each call on a connection of its own. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readText } from './agent/docker.ts';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export interface Shop {
  /** Rejects when the connection fails. */
  pay(idempotencyKey: string, payment: Payment): Promise<Answer>;
  /** The seed's own request. */
  paySeed(transactionId: string): Promise<Answer>;
  status(id: string): Promise<string>;
  /** Waits for the provider's word. */
  untilFinal(id: string, limitMs: number): Promise<string>;
}

export interface Payment {
  amount: string;
  currency: string;
  payer: { msisdn: string };
}

const CALL_LIMIT_MS = 30_000;
const POLL_MS = 250;
const FINAL = new Set(['SUCCEEDED', 'FAILED']);

export interface ShopOptions {
  /** What the stack says; the emulator tells load balancers apart by their names. */
  endpoint: string;
  emulatorPort: number;
  apiKey: string;
}

export function makeShop({ endpoint, emulatorPort, apiKey }: ShopOptions): Shop {
  const { host } = new URL(endpoint);
  const call = (method: string, path: string, body?: unknown, key?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = {
        host,
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      };
      const place = { host: '127.0.0.1', port: emulatorPort, method, path, headers };
      const options = { ...place, agent: false, signal: AbortSignal.timeout(CALL_LIMIT_MS) };
      const outgoing = request(options, (response) => {
        const status = response.statusCode ?? 0;
        readText(response).then((text) => resolve({ status, body: parse(text) }), reject);
      });
      outgoing.once('error', reject).end(body && JSON.stringify(body));
    });

  const status = async (id: string) => {
    const answer = await call('GET', `/v1/payments/${id}`);
    return answer.status === 200 ? String(answer.body.status) : `HTTP ${answer.status}`;
  };
  return {
    pay: (key, payment) => call('POST', '/v1/pay', payment, key),
    paySeed: (TransactionID) =>
      call('POST', '/v1/pay', {
        TransactionID,
        Amount: 20,
        Currency: 'ZAR',
        ProviderKey: 'AIRTEL',
      }),
    status,
    async untilFinal(id, limitMs) {
      const endsAt = performance.now() + limitMs;
      for (;;) {
        const now = await status(id);
        if (FINAL.has(now) || performance.now() > endsAt) return now;
        await sleep(POLL_MS);
      }
    },
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // A load balancer's own page; its status says enough.
    return { text };
  }
}
