/** A payment that ends well, and a provider that does not answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shop } from './payments.ts';
import type { Standing, World } from './story.ts';

const SETTLE_LIMIT_MS = 60_000;
/** The breaker's window and its pause in the demo profile, and a little more. */
const WINDOW_MS = 11_000;
const REQUESTS = 6;

export async function payOnce(shop: Shop): Promise<string> {
  const payer = { msisdn: '+260971234567' };
  const { status, body } = await shop.pay('first', { amount: '20.00', currency: 'ZMW', payer });
  if (status !== 202) throw new Error(`pay answered ${status} ${JSON.stringify(body)}`);
  const ended = await shop.untilFinal(String(body.id), SETTLE_LIMIT_MS);
  if (ended !== 'SUCCEEDED') throw new Error(`the payment is ${ended}`);
  return `${body.id} SUCCEEDED`;
}

/** With one task, the breaker of one process sees every failure: 202, 5xx, 5xx, then 503 at once. */
export async function breakAndHeal(
  { steps }: World,
  { shop, simulators }: Standing,
): Promise<void> {
  await steps.step('a broken provider', async () => {
    await sleep(WINDOW_MS);
    const rule = { provider: 'AIRTEL', operation: 'charge', skip: 1, fault: 'refuse' };
    await simulators.setFaults([rule]);
    const statuses: number[] = [];
    for (let number = 1; number <= REQUESTS; number += 1) {
      statuses.push((await shop.paySeed(`TXN-cycle-${number}`)).status);
    }
    await simulators.setFaults([]);
    const [first, second = 0, third = 0, ...rest] = statuses;
    const isRight =
      first === 202 && second >= 500 && third >= 500 && rest.every((status) => status === 503);
    if (!isRight) throw new Error(`answered ${statuses.join(', ')}`);
    return statuses.join(', ');
  });
  await steps.step('the provider is back', async () => {
    await sleep(WINDOW_MS);
    const { status } = await shop.paySeed('TXN-cycle-healed');
    if (status !== 202) throw new Error(`answered ${status}`);
    return '202 after the pause';
  });
}
