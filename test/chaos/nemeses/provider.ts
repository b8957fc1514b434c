import { type Battle, type Nemesis, oneOf, waitWithin } from './battle.ts';
import type { FaultRule } from './provider-faults.ts';

const PROVIDERS = ['MTN', 'AIRTEL'];

/** Taken or not, said or not: what a charge may meet. */
const CHARGE_FAULTS = [
  ...['refuse', 'http-500', 'hang', 'slow', 'reset-before', 'reset-after', 'timeout-after'],
  ...['500-after', 'garbage', 'html', 'truncated', 'huge', 'redirect', 'unauthorized', 'too-many'],
  'decline',
];
const STATUS_FAULTS = [
  ...['listed-late', 'http-500', 'hang', 'slow', 'reset-after', 'garbage', 'truncated'],
  ...['unauthorized', 'too-many', 'redirect'],
];
const CALLBACK_FAULTS = ['none', 'twice', 'early', 'late', 'forged', 'out-of-order'];

/** Longer than a provider's total, so that the caller gives up before it is answered. */
const SLOW_MS = 1_800;
/** Shorter than a lease and a grace: a provider that lists later breaks an assumption, not us. */
const LATE_MS = 3_000;
const FAULTS_AT_ONCE = 3;

function rulesOf(
  { random }: Battle,
  operation: string,
  names: readonly string[],
  share: number,
): FaultRule[] {
  return PROVIDERS.flatMap((provider) =>
    Array.from({ length: FAULTS_AT_ONCE }, () => {
      const fault = oneOf(random, names);
      const rule: FaultRule = { provider, operation, fault, probability: share };
      if (fault === 'slow') rule.delayMs = SLOW_MS;
      if (fault === 'late' || fault === 'listed-late') rule.delayMs = LATE_MS;
      if (fault === 'decline') rule.reason = 'insufficient-funds';
      return rule;
    }),
  );
}

/** Faults of one operation for a while; how often each happened, the simulators count themselves. */
function faulty(name: string, does: string, operation: string, faults: readonly string[]): Nemesis {
  return {
    name,
    does,
    async strike(battle) {
      const share = 0.05 + battle.random() * 0.25;
      const remove = await battle.faults.add(rulesOf(battle, operation, faults, share));
      await waitWithin(battle, 1_500, 4_000);
      await remove();
    },
  };
}

export const PROVIDER_NEMESES: readonly Nemesis[] = [
  faulty('charge-faults', 'charges fail, hang, lie or are lost', 'charge', CHARGE_FAULTS),
  faulty('status-faults', 'status queries fail, hang, lie or list late', 'status', STATUS_FAULTS),
  faulty(
    'callbacks',
    'twice, early, late, forged, out of order, none',
    'callback',
    CALLBACK_FAULTS,
  ),
  faulty('token-faults', 'access tokens are refused or never come', 'token', [
    ...['http-500', 'hang', 'garbage', 'unauthorized', 'reset-before'],
  ]),
];
