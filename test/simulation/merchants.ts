/** Merchants that never lose their keys, and send them again until they are told. */
import type { ApiProcess } from './api-process.ts';
import { CURRENCIES } from './host.ts';
import type { RequestRecord, Wish, World } from './world.ts';

const LONGEST_PAUSE_MS = 8_000;
const WALLETS = ['+260971234567', '+260961112223'];

export function drawWishes({ dice, failover }: World): Wish[] {
  const count = 1 + dice.below(3);
  return Array.from({ length: count }, (_, i) => {
    const provider = dice.pick(['MTN', 'AIRTEL'] as const);
    return {
      merchantId: dice.pick(['acme', 'bolt']),
      key: `key-${i}`,
      fingerprint: 'a'.repeat(64),
      amountMinor: BigInt(1 + dice.below(dice.chance(0.2) ? 2 ** 40 : 10_000)),
      ...{ currency: CURRENCIES[provider], provider, msisdn: dice.pick(WALLETS) },
      failover: failover ? Object.keys(CURRENCIES).filter((name) => name !== provider) : [],
    };
  });
}

/** Everybody who sends this wish: often twice at once, now and then with other content under the same key. */
export function sendersOf(world: World, wish: Wish): Wish[] {
  const { dice } = world;
  const senders = [wish];
  if (dice.chance(0.5)) senders.push(wish);
  if (dice.chance(0.1)) {
    const amountMinor = wish.amountMinor + 1n;
    senders.push({ ...wish, fingerprint: 'b'.repeat(64), amountMinor });
  }
  return senders;
}

/** Sends until there is an answer that holds for good, then perhaps again, to see it replayed. */
export async function runSender(
  world: World,
  wish: Wish,
  apis: readonly (() => ApiProcess)[],
): Promise<void> {
  const { dice, scheduler } = world;
  const patient = dice.chance(0.85);
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      scheduler.after(ms, '', resolve);
    });
  await sleep(dice.between(0, LONGEST_PAUSE_MS));
  for (let wanted = 1 + dice.below(3); wanted > 0; ) {
    const request: RequestRecord = { id: `req_${world.newId()}`, wish, result: null };
    world.requests.push(request);
    const api = dice.pick(apis)();
    scheduler.note(`a merchant sends ${wish.key} as ${request.id}`);
    const result = api.isAlive() ? await api.pay(request) : ({ kind: 'lost' } as const);
    request.result = result;
    scheduler.note(`${request.id} is told ${describe(result)}`);
    if (isFinal(result)) wanted -= 1;
    else if (!patient && dice.chance(0.3)) return;
    await sleep(dice.between(10, LONGEST_PAUSE_MS));
  }
}

function isFinal(result: NonNullable<RequestRecord['result']>): boolean {
  if (result.kind === 'answer') return true;
  return result.kind === 'error' && result.status === 422;
}

function describe(result: NonNullable<RequestRecord['result']>): string {
  if (result.kind === 'lost') return 'nothing';
  if (result.kind === 'error') return `${result.status} ${result.code}`;
  const { answer, replayed } = result;
  return `${answer.status}${replayed ? ' (replayed)' : ''} ${answer.body}`;
}
