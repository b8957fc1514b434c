import { alternate, type Figure } from '../figure.ts';
import { load } from '../loads.ts';
import type { BenchOptions } from '../options.ts';
import { type Books, type Endpoint, NO_CALLBACKS, type Settings, type Stage } from '../stage.ts';

/** An hour: the whole measurement lies within one opening. */
export const STAYS_OPEN: Settings = {
  BREAKER_RESET_MS: '3000000',
  BREAKER_RESET_MAX_MS: '3000000',
};

const FLOOD_PER_SECOND = 1_000;
const FLOOD_CONNECTIONS = 32;
const P99_MARK_MS = 2;
const WARMUP_MS = 2_000;
/** The other provider's own traffic: a closed loop, which shows every slowdown as a lower throughput. */
const OTHERS_CONNECTIONS = 16;
const UNCHANGED_WITHIN = 0.9;

/** Refuses charges of a provider until the breaker opens; resolves to the problem that is then answered. */
export async function openBreaker(
  stage: Stage,
  { host, port }: Endpoint,
  { apiKey }: Books,
  provider: 'MTN' | 'AIRTEL',
): Promise<unknown> {
  await stage.setFaults([{ provider, operation: 'charge', fault: 'refuse' }, ...NO_CALLBACKS]);
  for (let i = 0; i < 100; i += 1) {
    const response = await fetch(`http://${host}:${port}/v1/pay`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': `open-${Date.now()}-${i}`,
      },
      body: JSON.stringify({
        amount: '20.00',
        currency: 'ZMW',
        provider,
        payer: { msisdn: provider === 'AIRTEL' ? '+260971234567' : '+260961234567' },
      }),
    });
    const problem = await response.json();
    if (response.status === 503) return problem;
  }
  throw new Error(`the breaker of ${provider} did not open`);
}

/** While one provider is down: how fast its callers are told, and what the other provider's callers notice. */
export async function measureOpenBreaker(stage: Stage, options: BenchOptions): Promise<Figure[]> {
  const books = await stage.openBooks();
  const api = await books.startApi(STAYS_OPEN);
  const problem = await openBreaker(stage, api, books, 'AIRTEL');
  const express = await stage.startBareExpress(503, problem);
  const rate = {
    connections: FLOOD_CONNECTIONS,
    ratePerSecond: FLOOD_PER_SECOND,
    warmupMs: WARMUP_MS,
    measureMs: options.seconds * 1_000,
  };
  const floods = await alternate(
    options.pairs,
    () => load(api, books, rate, 503),
    () => load(express, books, rate, 503),
  );
  const ours = floods.map((pair) => pair.ours.latencyMs.p99);
  const refusals: Figure = {
    name: `503 while open at ${FLOOD_PER_SECOND} requests/s, p99`,
    unit: 'ms',
    values: ours,
    ours,
    reference: floods.map((pair) => pair.reference.latencyMs.p99),
    measure: 'ms',
    mark: { at: 'most', value: P99_MARK_MS },
    details: floods,
  };
  const others = await measureOthers(api, express, books, options);
  await stage.setFaults([]);
  await api.process.stop();
  await express.process.stop();
  await books.verify();
  return [refusals, others];
}

/**
 * MTN's payments while the flood of refused Airtel calls goes to the same process, against MTN's payments while
 * as large a flood goes to bare Express: what is compared is the gateway, not the load on two cores.
 */
async function measureOthers(
  api: Endpoint,
  express: Endpoint,
  books: Books,
  { pairs, seconds }: BenchOptions,
): Promise<Figure> {
  const measureMs = seconds * 1_000;
  const flood = {
    connections: FLOOD_CONNECTIONS,
    ratePerSecond: FLOOD_PER_SECOND,
    // Before and after the payments that are measured.
    measureMs: measureMs + 2 * WARMUP_MS,
  };
  const others = async (flooded: Endpoint) => {
    const running = load(flooded, books, flood, 503);
    const payments = {
      provider: 'MTN' as const,
      connections: OTHERS_CONNECTIONS,
      warmupMs: WARMUP_MS,
      measureMs,
    };
    const result = await load(api, books, payments, 202);
    await running;
    return result;
  };
  const results = await alternate(
    pairs,
    () => others(api),
    () => others(express),
  );
  return {
    name: "the other provider's throughput meanwhile",
    unit: '×',
    values: results.map((pair) => pair.ours.perSecond / pair.reference.perSecond),
    ours: results.map((pair) => pair.ours.perSecond),
    reference: results.map((pair) => pair.reference.perSecond),
    measure: 'payments/s',
    mark: { at: 'least', value: UNCHANGED_WITHIN },
    details: results,
  };
}
