/** A merchant's client: every answer is held against the API's own description. */
import { randomBytes } from 'node:crypto';
import type { RunningRole } from '../../src/composition/process.ts';
import { type ApiDocument, makeApiCheck } from './openapi.ts';
import { type Answer, call } from './simulators.ts';

/** One of the rig's own copies by its place, or one that a test started. */
export type ApiCopy = number | RunningRole;

export interface PayOptions {
  key?: string;
  api?: ApiCopy;
  body?: Record<string, unknown>;
  /** The exact text in place of `body`. */
  text?: string;
  /** Over the usual ones; undefined leaves one out. */
  headers?: Record<string, string | undefined>;
}

export interface GatewayClient {
  /** `POST /v1/pay` of 20.00 ZMW from an Airtel wallet, unless it is told otherwise. */
  pay(options?: PayOptions): Promise<Answer>;
  get(path: string, api?: ApiCopy): Promise<Answer>;
  /** Any request; without the merchant's key. Only the API's own paths are described. */
  send(path: string, init?: RequestInit, api?: ApiCopy): Promise<Answer>;
}

const DESCRIBED = /^\/(v1|callbacks)\//;

export const AIRTEL_WALLET = '+260971234567';
export const MTN_WALLET = '+260961234567';

export function newKey(): string {
  return `key-${randomBytes(8).toString('hex')}`;
}

export function makeGatewayClient(
  urlOf: (api?: ApiCopy) => string,
  apiKey: string,
  document: ApiDocument,
): GatewayClient {
  const authorization = `Bearer ${apiKey}`;
  const check = makeApiCheck(document);

  async function send(path: string, init: RequestInit = {}, api: ApiCopy = 0): Promise<Answer> {
    const answer = await call(`${urlOf(api)}${path}`, init);
    const { method = 'GET' } = init;
    if (DESCRIBED.test(path) && answer.status !== 405) {
      check(method, path, answer.status, answer.headers, answer.text);
    }
    return answer;
  }

  return {
    send,
    get: (path, api) => send(path, { headers: { authorization } }, api),
    pay({ key = newKey(), api, body, text, headers } = {}) {
      const usual = { amount: '20.00', currency: 'ZMW', payer: { msisdn: AIRTEL_WALLET } };
      const type = 'application/json';
      const all = { authorization, 'content-type': type, 'idempotency-key': key, ...headers };
      const given = Object.entries(all).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const content = text ?? JSON.stringify({ ...usual, ...body });
      return send('/v1/pay', { method: 'POST', headers: given, body: content }, api);
    },
  };
}
