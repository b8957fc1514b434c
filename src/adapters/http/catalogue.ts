import { operatorOf } from '../../domain/msisdn.ts';
import type { Wallet } from './wallet.ts';

/** One provider in one market, as the public API needs to know it. */
export interface CatalogueEntry {
  /** Upper case, `MTN`. */
  name: string;
  /** ISO 3166 alpha-2. */
  market: string;
  currencies: readonly string[];
  /** Numbers of its wallets, as leading digits with country code. */
  prefixes: readonly string[];
  maxAmountMinor: Readonly<Record<string, bigint>>;
  /** Other providers that can take its operator's wallets, in order. @default none */
  failover?: readonly string[];
  /** How the provider calls back; absent when it never does. */
  callback?: { path?: string; methods: readonly ('POST' | 'PUT')[]; withToken: boolean };
  /**
   * Payer of a request in the seed's dialect, which names none; without it the dialect does not
   * know it.
   */
  demoWallet?: string;
}

export interface Routed {
  entry: CatalogueEntry;
  routedBy: 'request' | 'operator';
  /** The others in this market that may take it, in order; none where the merchant named one. */
  others: readonly CatalogueEntry[];
}

export interface Catalogue {
  readonly entries: readonly CatalogueEntry[];
  readonly names: readonly string[];
  /**
   * Where a payment goes: the named provider in the wallet's market, or the wallet's operator; or
   * the code of the refusal.
   */
  route(wallet: Wallet, name?: string | null): Routed | 'provider-required' | 'provider-unknown';
  demoWalletOf(name: string): string | undefined;
}

export function makeCatalogue(entries: readonly CatalogueEntry[]): Catalogue {
  const byName = Map.groupBy(entries, (entry) => entry.name);
  const byRoute = new Map(entries.map((entry) => [`${entry.name}/${entry.market}`, entry]));
  const routes = [...byRoute].map(([provider, { prefixes }]) => ({ provider, prefixes }));

  const othersOf = new Map(
    entries.map((entry) => [
      entry,
      (entry.failover ?? []).flatMap((name) => byRoute.get(`${name}/${entry.market}`) ?? []),
    ]),
  );

  function operatorEntry(msisdn: string): CatalogueEntry | undefined {
    const route = operatorOf(msisdn, routes);
    return route === undefined ? undefined : byRoute.get(route);
  }

  return {
    entries,
    names: [...byName.keys()],

    route({ msisdn, country }, name) {
      if (name === undefined || name === null) {
        const entry = operatorEntry(msisdn);
        if (entry === undefined) return 'provider-required';
        return { entry, routedBy: 'operator', others: othersOf.get(entry) ?? [] };
      }
      const markets = byName.get(name);
      if (markets === undefined) return 'provider-unknown';
      const entry = markets.find(({ market }) => market === country) ?? markets[0];
      if (entry === undefined) throw new Error('a name in the catalogue has an entry');
      return { entry, routedBy: 'request', others: [] };
    },

    demoWalletOf: (name) => byName.get(name)?.find((entry) => entry.demoWallet)?.demoWallet,
  };
}
