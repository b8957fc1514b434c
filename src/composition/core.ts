import type pg from 'pg';
import { makeAnswerRenderer } from '../adapters/http/answers.ts';
import { makePaymentStore } from '../adapters/postgres/payment-store.ts';
import type { AnswerRenderer } from '../domain/gateway.ts';
import type { PaymentStore } from '../domain/store.ts';
import { makeDecisionWriter } from '../usecases/write-decision.ts';
import { type Failpoints, makeFailpoints } from './failpoints.ts';
import type { ProcessParts } from './process.ts';
import { makeProviders, type Providers } from './providers.ts';

/** What api and worker share; in `dev`, one of it serves both. */
export interface Core {
  parts: ProcessParts;
  pool: pg.Pool;
  failpoints: Failpoints;
  store: PaymentStore;
  providers: Providers;
  render: AnswerRenderer;
  write: ReturnType<typeof makeDecisionWriter>;
}

export function makeCore(parts: ProcessParts, pool: pg.Pool, stack: AsyncDisposableStack): Core {
  const render = makeAnswerRenderer();
  const failpoints = makeFailpoints(parts.config.failpoints);
  return {
    parts,
    pool,
    failpoints,
    store: failpoints.store(makePaymentStore(pool)),
    providers: makeProviders(parts, failpoints, stack),
    render,
    write: makeDecisionWriter({ render, ids: parts.ids, timing: parts.config.timing }),
  };
}
