/** None lost, none double: the load's own history against the gateway's books and the simulators' charges. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runRole } from '../../scripts/servers/child-process.ts';
import type { Shop } from './payments.ts';
import type { Simulators } from './simulators.ts';

const SETTLE_LIMIT_MS = 90_000;
/** Requests under way at once. */
const FOLLOWERS = 8;
const TRIES = 10;
const TRY_AGAIN_MS = 1000;

/** Each payment ends SUCCEEDED and was charged exactly once. */
export async function followAll(shop: Shop, simulators: Simulators, ids: readonly string[]) {
  const wrong: string[] = [];
  const rest = [...ids];
  const follow = async () => {
    for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
      const status = await shop.untilFinal(id, SETTLE_LIMIT_MS);
      if (status !== 'SUCCEEDED') wrong.push(`${id} is ${status}`);
    }
  };
  await Promise.all(Array.from({ length: FOLLOWERS }, follow));
  const charges = await simulators.charges();
  const times = Map.groupBy(charges, ({ externalId, reference }) => externalId ?? reference);
  for (const [reference, found] of times) {
    if (found.length > 1) wrong.push(`${reference} was charged ${found.length} times`);
  }
  if (wrong.length > 0) throw new Error(`${wrong.length} wrong: ${wrong.slice(0, 5).join('; ')}`);
  return charges.length;
}

/** The project's own comparison of all books; what is under way gets a moment to end. */
export async function verifyBooks(databaseUrl: string, simulatorsUrl: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const args = ['--simulators', simulatorsUrl];
    const { code, output } = await runRole('verify', { DATABASE_URL: databaseUrl }, { args });
    if (code === 0) return output.trim().split('\n').at(-1) ?? '';
    if (attempt === TRIES) throw new Error(`verify ended with ${code}:\n${output}`);
    await sleep(TRY_AGAIN_MS);
  }
}
