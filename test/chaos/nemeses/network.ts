import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyMode } from '../../support/tcp-proxy.ts';
import type { Link, LinkKind } from '../arena.ts';
import { type Battle, type Nemesis, oneOf, waitWithin, within } from './battle.ts';

/** Both directions, each alone, and the ends that are not told. */
const CUTS: readonly ProxyMode[] = [
  ...(['hang', 'refuse', 'drop-requests', 'drop-replies', 'half-open', 'reset'] as const),
];

/** A link of these kinds is cut for a while, one way or another. */
function cut(
  name: string,
  does: string,
  kinds: readonly LinkKind[],
  modes: readonly ProxyMode[] = CUTS,
): Nemesis {
  return {
    name,
    does,
    async strike(battle) {
      const { arena, random } = battle;
      await battle.hold(linksOf(arena.links, kinds), async ({ proxy, kind }) => {
        const mode = oneOf(random, modes);
        await harm(battle, `${kind} ${mode}`, { proxy }, async () => {
          await proxy.set(mode);
          await waitWithin(battle, 400, 3_000);
          await proxy.set('pass');
        });
      });
    },
  };
}

/** Late answers stay within what the provider's total and the statement timeout allow, most of the time. */
const latency: Nemesis = {
  name: 'latency',
  does: 'a link is slow, with jitter, or narrow',
  async strike(battle) {
    const { arena, random } = battle;
    await battle.hold(arena.links, async ({ proxy, kind }) => {
      const isNarrow = random() < 0.3;
      await harm(battle, `${kind} ${isNarrow ? 'bandwidth' : 'latency'}`, { proxy }, async () => {
        if (isNarrow) proxy.bandwidth(within(random, 2_000, 20_000));
        else proxy.delay(within(random, 5, 400), within(random, 0, 300));
        await waitWithin(battle, 500, 3_000);
        proxy.bandwidth(0);
        proxy.delay(0);
      });
    });
  },
};

const resets: Nemesis = {
  name: 'resets',
  does: 'all connections of a link are reset, again and again',
  async strike(battle) {
    await battle.hold(battle.arena.links, async ({ proxy, kind }) => {
      const times = within(battle.random, 1, 6);
      for (let i = 0; i < times; i += 1) {
        proxy.cut();
        battle.count(`${kind} reset`);
        await sleep(within(battle.random, 20, 300));
      }
    });
  },
};

function linksOf(links: readonly Link[], kinds: readonly LinkKind[]): Link[] {
  return links.filter(({ kind }) => kinds.includes(kind));
}

/** One fault, or as many as there were pieces on the wire that it hit. */
async function harm(
  { count }: Battle,
  what: string,
  { proxy }: Pick<Link, 'proxy'>,
  run: () => Promise<void>,
): Promise<void> {
  const before = proxy.traffic().harmed;
  await run();
  count(what, 1);
  count(`${what}: pieces`, proxy.traffic().harmed - before);
}

export const NETWORK_NEMESES: readonly Nemesis[] = [
  cut('cut-redis', 'api and Redis do not hear each other', ['redis']),
  cut('cut-postgres', 'api or worker and Postgres do not hear each other', ['postgres']),
  cut('cut-kafka', 'the workers and the broker do not hear each other', ['kafka']),
  cut('cut-provider', 'api or worker and the providers do not hear each other', ['provider']),
  cut('cut-callbacks', 'the providers do not reach the api', ['callbacks']),
  cut(
    'answer-lost',
    'charges arrive, their answers do not (CHX-3)',
    ['provider'],
    ['drop-replies'],
  ),
  latency,
  resets,
];
