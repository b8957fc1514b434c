/** One wire format without sockets: requests in, readings out. */
import assert from 'node:assert/strict';
import { makeAccessTokens } from '../../../src/adapters/simulator/access-tokens.ts';
import type {
  AccessTokens,
  ChargeOrder,
  ProviderWire,
  Reading,
  SimulatedCharge,
  WireAnswer,
  WireRequest,
} from '../../../src/domain/simulator.ts';

export function wireRig(makeWire: (tokens: AccessTokens) => ProviderWire) {
  const clock = { nowMs: Date.UTC(2026, 10, 21) };
  const wire = makeWire(makeAccessTokens(() => clock.nowMs));

  function read(
    method: string,
    path: string,
    headers: WireRequest['headers'] = {},
    body: string | object = '',
  ): Reading {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return wire.read({ method, path, headers, body: text });
  }

  /** The answer of a request that has nothing to do with a charge. */
  function answer(...request: Parameters<typeof read>): WireAnswer & { json: unknown } {
    const reading = read(...request);
    assert.ok(reading.kind === 'answer' || reading.kind === 'token', reading.kind);
    const { body } = reading.answer;
    return { ...reading.answer, json: body === '' ? undefined : JSON.parse(body) };
  }

  function order(...request: Parameters<typeof read>): ChargeOrder {
    const reading = read(...request);
    assert.equal(reading.kind, 'charge', JSON.stringify(reading));
    return (reading as { order: ChargeOrder }).order;
  }

  return { clock, wire, read, answer, order };
}

export function takenCharge(more: Partial<SimulatedCharge> = {}): SimulatedCharge {
  return {
    provider: 'MTN',
    reference: '0f8fad5b-d9cb-469f-a165-70867728950e',
    externalId: 'order17',
    msisdn: '+260961234567',
    amount: '20.00',
    currency: 'ZMW',
    callbackUrl: null,
    details: { payerMessage: 'Two chairs', payeeNote: 'Two chairs' },
    takenAtMs: 0,
    settlesAtMs: 0,
    failureCode: null,
    requests: 1,
    ...more,
  };
}

export const jsonOf = (answer: WireAnswer) => JSON.parse(answer.body);
