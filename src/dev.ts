/** Role `dev`: everything in one process, on an embedded Postgres and the simulators. */
import { join } from 'node:path';
import { makeEmbeddedEventBus } from './adapters/embedded-bus/event-bus.ts';
import { startEmbeddedPostgres } from './adapters/embedded-postgres/server.ts';
import { makeLifecycle } from './adapters/http/lifecycle.ts';
import { makeMerchantStore } from './adapters/postgres/merchants.ts';
import { migrate } from './adapters/postgres/migrate.ts';
import { databaseCheck, running, startOps, startPublic } from './api.ts';
import { makeCore } from './composition/core.ts';
import type { ProcessParts, RunningRole } from './composition/process.ts';
import { openPool } from './composition/servers.ts';
import { simulatorsOptions } from './composition/simulators.ts';
import { startSimulators } from './simulators.ts';
import { startLoops } from './worker.ts';

/** Calls from loopback without a key are this merchant's. */
export const DEMO_MERCHANT = 'demo';

export async function startDev(parts: ProcessParts): Promise<RunningRole> {
  const { config, clock, logger, metrics } = parts;
  await using starting = new AsyncDisposableStack();
  // First of all: who owns the database folder owns what lies beside it too.
  const url = config.database ? undefined : await startDatabase(parts, starting);
  const simulators = await startSimulators(simulatorsOptions(parts));
  starting.defer(() => simulators.close());

  const pool = openPool(parts, url);
  starting.defer(() => pool.end());
  await migrate(pool, logger);
  await makeMerchantStore(pool).createMerchant(DEMO_MERCHANT, 'Demo merchant', 'dev');

  const core = makeCore(parts, pool, starting);
  const lifecycle = makeLifecycle({ deregistrationDelayMs: 0, clock, logger });
  const ops = await startOps(parts, lifecycle, [databaseCheck(core)], starting);
  const bus = makeEmbeddedEventBus({ pool, clock, logger, metrics });
  starting.defer(() => bus.close());
  await startLoops(core, bus, starting);
  const api = await startPublic(core, lifecycle, starting);
  return running({ api, ops, simulators: simulators.url }, lifecycle, starting.move());
}

async function startDatabase({ config }: ProcessParts, stack: AsyncDisposableStack) {
  const server = await startEmbeddedPostgres(join(config.dataDir ?? '.data', 'postgres'));
  stack.defer(() => server.close());
  return server.url;
}
