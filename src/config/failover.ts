/** Which providers can take an operator's wallets, in order: what cannot be so is named at start. */
import type { FailoverOrders } from '../domain/failover.ts';
import type { ProviderRecord } from './providers.ts';
import type { SettingReader } from './setting-reader.ts';

const NAME = 'FAILOVER';
const ORDER = /^[A-Z0-9]+(>[A-Z0-9]+)+$/;
const SPELLING =
  'providers in order, the operator of the wallet first, each once: MTN>AIRTEL, comma-separated, ' +
  'each operator once';

function parseOrders(text: string): FailoverOrders | undefined {
  const orders = text.split(',').map((part) => part.trim());
  const chains = orders.map((order) => (ORDER.test(order) ? order.split('>') : []));
  const isOnce = (names: readonly string[]) => new Set(names).size === names.length;
  const firsts = chains.map(([first = '']) => first);
  if (firsts.includes('') || !isOnce(firsts) || !chains.every(isOnce)) return undefined;
  return Object.fromEntries(chains.map(([first = '', ...others]) => [first, others]));
}

/** Two that share neither a market nor a currency can never take each other's payments. */
function canStandIn(records: readonly ProviderRecord[], first: string, other: string): boolean {
  const of = (name: string) => records.filter((record) => record.name === name);
  return of(first).some((one) =>
    of(other).some(
      ({ market, currencies }) =>
        market === one.market && currencies.some((currency) => one.currencies.includes(currency)),
    ),
  );
}

/** Roles without providers need none here either. */
export function readFailover(
  reader: SettingReader,
  records: readonly ProviderRecord[],
): FailoverOrders {
  const orders = reader.value<FailoverOrders>(NAME, {}, SPELLING, parseOrders);
  if (records.length === 0) return orders;
  const known = [...new Set(records.map(({ name }) => name))];
  const pairs = Object.entries(orders).flatMap(([first, others]) =>
    others.map((other) => [first, other] as const),
  );
  if (!pairs.flat().every((name) => known.includes(name))) {
    reader.problem(NAME, `providers that are configured: ${known.join(', ')}`);
  } else if (!pairs.every(([first, other]) => canStandIn(records, first, other))) {
    reader.problem(NAME, 'providers that share a market and a currency');
  }
  return orders;
}
