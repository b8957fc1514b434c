/** Role `api`: the public listener and the ops listener. Stateless: any number of copies. */
import { makeApp } from './adapters/http/app.ts';
import { type Lifecycle, makeLifecycle } from './adapters/http/lifecycle.ts';
import { startOpsServer } from './adapters/http/ops-server.ts';
import { startPublicServer } from './adapters/http/public-server.ts';
import { makeReadiness, type ReadinessCheck } from './adapters/http/readiness.ts';
import { SERVER_LIMITS } from './adapters/http/settings.ts';
import { connectRedis } from './adapters/redis/connection.ts';
import { makeIdempotencyStore } from './adapters/redis/idempotency-store.ts';
import { type Core, makeCore } from './composition/core.ts';
import { makeGateway, makeKeys, noIdempotencyCache } from './composition/gateway.ts';
import type { ProcessParts, RunningRole } from './composition/process.ts';
import { openPool, redisSettings, waitForSchema } from './composition/servers.ts';
import { startEmfWriter } from './metrics/emf-writer.ts';

/** Of the drain time, kept for closing connections to servers. */
const CLOSE_MARGIN_MS = 2_000;

export async function startApi(parts: ProcessParts): Promise<RunningRole> {
  const { config, clock, logger } = parts;
  await using starting = new AsyncDisposableStack();
  const pool = openPool(parts);
  starting.defer(() => pool.end());
  await waitForSchema(pool, parts);
  const core = makeCore(parts, pool, starting);
  const { deregistrationDelayMs } = config;
  const lifecycle = makeLifecycle({ deregistrationDelayMs, clock, logger });
  const ops = await startOps(parts, lifecycle, [databaseCheck(core)], starting);
  const url = await startPublic(core, lifecycle, starting);
  return running({ api: url, ops }, lifecycle, starting.move());
}

/** The public listener over a core that exists; `dev` shares its core with the worker. */
export async function startPublic(
  core: Core,
  lifecycle: Lifecycle,
  stack: AsyncDisposableStack,
): Promise<string> {
  const { parts, providers } = core;
  const { config, logger, metrics, clock, ids } = parts;
  const { limits, rateLimits, listen } = config;
  const redis = config.redis && connectRedis(redisSettings(config.redis), logger);
  if (redis) stack.defer(() => redis.disconnect());
  const idempotency = redis
    ? makeIdempotencyStore(redis, ids, { leaseMs: config.timing.leaseMs }, logger)
    : noIdempotencyCache;
  const app = makeApp({
    gateway: makeGateway(core, core.failpoints.idempotency(idempotency), stack),
    keys: makeKeys(core),
    providers: providers.catalogue,
    settings: {
      seedDialect: config.seedDialect,
      demoMerchantId: config.demoMerchant ? 'demo' : null,
      trustedProxyHops: listen.trustedProxyHops,
      maxInFlight: limits.maxInFlight,
      maxEventLoopDelayMs: limits.maxEventLoopDelayMs,
      merchantRequestsPerMinute: rateLimits.merchantPerMinute,
      addressRequestsPerMinute: rateLimits.addressPerMinute,
      answerRetentionDays: limits.replayDays,
    },
    redis,
    logger,
    metrics,
    clock,
    lifecycle,
  });
  stack.defer(() => app.close());
  const { host, port } = listen;
  const serverLimits = { ...SERVER_LIMITS, keepAliveTimeoutMs: limits.keepAliveMs };
  const server = await startPublicServer(app.app, { host, port, metrics, limits: serverLimits });
  const drainMs = limits.drainMs - config.deregistrationDelayMs - CLOSE_MARGIN_MS;
  stack.defer(() => server.close({ drainMs: Math.max(drainMs, 0) }));
  return server.url;
}

export function databaseCheck({ pool }: Core): ReadinessCheck {
  return { name: 'postgres', probe: () => pool.query('select 1') };
}

export async function startOps(
  parts: ProcessParts,
  lifecycle: Lifecycle,
  checks: ReadinessCheck[],
  stack: AsyncDisposableStack,
): Promise<string> {
  const { config, clock, logger, metrics } = parts;
  startEmf(parts, stack);
  const readiness = makeReadiness({ checks, clock, logger });
  stack.defer(() => readiness.close());
  const { opsHost: host, opsPort: port } = config.listen;
  const renderMetrics = () => metrics.render();
  const ops = await startOpsServer({ host, port, renderMetrics, readiness, lifecycle, logger });
  stack.defer(() => ops.close());
  return ops.url;
}

/** Last to close, so that it counts what the others did on their way out. */
function startEmf(parts: ProcessParts, stack: AsyncDisposableStack): void {
  const { config, clock, logger, metrics, output: stream } = parts;
  const { emfEnvironment: environment, role } = config;
  if (environment === null || (role !== 'api' && role !== 'worker' && role !== 'dev')) return;
  const emf = startEmfWriter({ environment, role, metrics, clock, logger, stream });
  stack.defer(() => emf.close());
}

/** First out of the load balancer, then everything in the reverse order of its start. */
export function running(
  urls: Record<string, string>,
  lifecycle: Lifecycle,
  stack: AsyncDisposableStack,
): RunningRole {
  let closing: Promise<void> | undefined;
  const close = async () => {
    await lifecycle.drain();
    await stack.disposeAsync();
  };
  return {
    urls,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
