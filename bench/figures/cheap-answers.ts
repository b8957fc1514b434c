import { alternate, type Figure } from '../figure.ts';
import { load } from '../loads.ts';
import type { BenchOptions } from '../options.ts';
import { type Books, type Endpoint, NO_CALLBACKS, type Stage } from '../stage.ts';
import { openBreaker, STAYS_OPEN } from './open-breaker.ts';

const WARMUP_MS = 2_000;
const MARK = 0.5;
/** Keys that are replayed: enough that no cache of ours is asked for one and the same. */
const REPLAYED_KEYS = 1_000;

/** The two answers that must stay cheap whatever happens, against bare Express answering a constant. */
export async function measureCheapAnswers(stage: Stage, options: BenchOptions): Promise<Figure[]> {
  const books = await stage.openBooks();
  const replay = await measureReplay(stage, books, options);
  const refusal = await measureRefusal(stage, books, options);
  await books.verify();
  return [refusal, replay];
}

async function measureReplay(
  stage: Stage,
  books: Books,
  { pairs, seconds, connections }: BenchOptions,
): Promise<Figure> {
  const api = await books.startApi();
  const express = await stage.startBareExpress(202, EXAMPLE_ANSWER);
  await stage.setFaults(NO_CALLBACKS);
  const run = `replay-${Date.now()}`;
  // Each key once, to be paid; from then on it is replayed.
  const paid = { run, connections: 16, measureMs: 60_000, maxRequests: REPLAYED_KEYS };
  await load(api, books, paid, 202);
  const shape = {
    run,
    distinctKeys: REPLAYED_KEYS,
    connections,
    warmupMs: WARMUP_MS,
    measureMs: seconds * 1_000,
  };
  return compare(pairs, 'replay', api, express, (endpoint) => load(endpoint, books, shape, 202));
}

async function measureRefusal(
  stage: Stage,
  books: Books,
  { pairs, seconds, connections }: BenchOptions,
): Promise<Figure> {
  const api = await books.startApi(STAYS_OPEN);
  const problem = await openBreaker(stage, api, books, 'AIRTEL');
  const express = await stage.startBareExpress(503, problem);
  const shape = { connections, warmupMs: WARMUP_MS, measureMs: seconds * 1_000 };
  const figure = await compare(pairs, '503 while open', api, express, (endpoint) =>
    load(endpoint, books, shape, 503),
  );
  await stage.setFaults([]);
  return figure;
}

async function compare(
  pairs: number,
  name: string,
  api: Endpoint,
  express: Endpoint,
  run: (endpoint: Endpoint) => ReturnType<typeof load>,
): Promise<Figure> {
  const results = await alternate(
    pairs,
    () => run(api),
    () => run(express),
  );
  await api.process.stop();
  await express.process.stop();
  return {
    name: `${name} against bare Express`,
    unit: '×',
    values: results.map(({ ours, reference }) => ours.perSecond / reference.perSecond),
    ours: results.map(({ ours }) => ours.perSecond),
    reference: results.map(({ reference }) => reference.perSecond),
    measure: 'answers/s',
    mark: { at: 'least', value: MARK },
    details: results,
  };
}

/** As many bytes as a stored answer. */
const EXAMPLE_ANSWER = {
  id: 'pay_01990000000070008000000000000000',
  status: 'ACCEPTED',
  amount: '20.00',
  currency: 'ZMW',
  provider: 'AIRTEL',
  payer: { msisdn: '+260*****4567' },
  reference: 'replay-1763714400000-17',
  description: 'Two chairs',
  metadata: { cart: '9' },
  failure: null,
  createdAt: '2026-11-21T08:00:00.000Z',
  updatedAt: '2026-11-21T08:00:00.000Z',
  attempts: [
    {
      number: 1,
      provider: 'AIRTEL',
      providerReference: '0000000000000000000000000',
      outcome: 'accepted',
      reason: null,
      startedAt: '2026-11-21T08:00:00.000Z',
      endedAt: '2026-11-21T08:00:00.000Z',
    },
  ],
  outcome: {
    certainty: 'provider-says',
    nextCheckAt: '2026-11-21T08:01:00.000Z',
    resolvesBy: '2026-11-21T08:31:00.000Z',
    evidence: [
      { source: 'charge', at: '2026-11-21T08:00:00.000Z', says: 'accepted', reason: null },
    ],
  },
};
