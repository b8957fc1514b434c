import { PROVIDERS } from '../../providers/index.ts';
import { makeGuardedProvider } from '../adapters/breaker/guarded-provider.ts';
import { makeRetryBudget } from '../adapters/breaker/retry-budget.ts';
import type { CatalogueEntry } from '../adapters/http/catalogue.ts';
import { makeHttpClient } from '../adapters/provider-http/http-client.ts';
import { DEMO_WALLETS } from '../config/demo-values.ts';
import type { ProviderRecord } from '../config/providers.ts';
import type { FailoverOrders } from '../domain/failover.ts';
import type { GuardedProvider } from '../domain/gate.ts';
import type { PaymentProvider } from '../domain/provider.ts';
import type { MarketConfig, ProviderDefinition } from '../domain/provider-definition.ts';
import type { Failpoints } from './failpoints.ts';
import type { ProcessParts } from './process.ts';

export interface Providers {
  gates: readonly GuardedProvider[];
  gateFor(provider: string, market: string): GuardedProvider | undefined;
  instances(provider: string): readonly PaymentProvider[];
  catalogue: readonly CatalogueEntry[];
  definitionOf(provider: string): ProviderDefinition | undefined;
}

interface Instance {
  definition: ProviderDefinition;
  config: MarketConfig;
  provider: PaymentProvider;
  gate: GuardedProvider;
}

/** One adapter, breaker pair and bulkhead pair for each provider and market of the configuration. */
export function makeProviders(
  parts: ProcessParts,
  failpoints: Failpoints,
  stack: AsyncDisposableStack,
): Providers {
  const retryBudget = makeRetryBudget({ clock: parts.clock });
  const instances = parts.config.providers.map((record) => {
    const instance = makeInstance(record, parts, retryBudget);
    stack.defer(() => instance.provider.close());
    stack.defer(() => instance.gate.close());
    return { ...instance, gate: failpoints.gate(instance.gate) };
  });
  const gates = new Map(
    instances.map(({ provider, gate }) => [`${provider.name}/${provider.market}`, gate]),
  );
  return {
    gates: [...gates.values()],
    gateFor: (provider, market) => gates.get(`${provider}/${market}`),
    instances: (name) =>
      instances.filter(({ provider }) => provider.name === name).map(({ provider }) => provider),
    catalogue: instances.map((one) => toCatalogueEntry(one, parts.config.failover)),
    definitionOf: (name) => PROVIDERS.find((definition) => definition.name === name),
  };
}

function makeInstance(
  { name, settings }: ProviderRecord,
  { config, clock, metrics, logger }: ProcessParts,
  retryBudget: ReturnType<typeof makeRetryBudget>,
): Instance {
  const { timing, limits } = config;
  const charge = limits.bulkhead.charge.maxConcurrent;
  const status = limits.bulkhead.status.maxConcurrent;
  const definition = PROVIDERS.find((one) => one.name === name);
  if (!definition) throw new Error(`the registry has no provider ${name}`);
  const parsed = definition.parseConfig(settings.reveal());
  if (!parsed.ok) throw new Error(`the settings of ${name} were accepted at start`);
  const provider = definition.make(parsed.value, {
    // Charges, status queries and a token share a pool, and none may starve another.
    http: (options) => makeHttpClient({ ...options, maxSockets: charge + status + 1 }),
    clock,
    timing: { connectMs: timing.providerConnectMs, totalMs: timing.providerTotalMs },
    logger,
  });
  const gate = makeGuardedProvider({
    provider,
    timing: timing.breaker,
    bulkhead: limits.bulkhead,
    retryBudget,
    permitMs: timing.handlerMs,
    clock,
    metrics,
    logger,
  });
  return { definition, config: parsed.value, provider, gate };
}

function toCatalogueEntry(
  { definition, config, provider }: Instance,
  failover: FailoverOrders,
): CatalogueEntry {
  const { name, market, currencies, maxAmountMinor } = provider;
  const demoWallet = DEMO_WALLETS[name];
  return {
    name,
    market,
    currencies,
    maxAmountMinor,
    prefixes: definition.prefixes[config.market] ?? [],
    ...(failover[name] && { failover: failover[name] }),
    ...(definition.callbackPath !== null && {
      callback: {
        path: definition.callbackPath,
        methods: definition.callbackByToken ? (['POST', 'PUT'] as const) : (['POST'] as const),
        withToken: definition.callbackByToken,
      },
    }),
    ...(demoWallet && { demoWallet }),
  };
}
