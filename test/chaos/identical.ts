import { Agent, request } from 'undici';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, type Fleet, startFleet } from './fleet.ts';
import { amountOf, type History, type Story } from './load.ts';
import { openRedis } from './nemeses/servers.ts';
import { type Report, reportOf } from './report.ts';

export interface IdenticalOptions {
  servers: Addresses;
  rounds: number;
  /** Of each round. @default 100 */
  requests?: number;
  /** RED-1: Redis forgets everything this often meanwhile. @default never */
  flushEveryMs?: number;
}

const WALLET = '+260973334445';
const QUIET_MS = 30_000;

/** IDM-5: many identical requests at once over two copies, round after round. */
export async function runIdentical(options: IdenticalOptions): Promise<Report> {
  const { servers, rounds, requests = 100, flushEveryMs } = options;
  await using fleet = await startFleet({ servers, apis: 2, workers: 1 });
  fleet.canaries.addWallet(WALLET);
  const agent = new Agent({ connections: requests });
  const redis = flushEveryMs ? openRedis(servers.redisUrl) : null;
  let flushes = 0;
  const flush = () => void redis?.flushall().then(() => (flushes += 1), Boolean);
  const flushing = redis ? setInterval(flush, flushEveryMs) : undefined;
  const counts: Record<string, number> = {};
  const problems: string[] = [];
  const stories: Story[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const story = makeStory(round);
    const answers = await Promise.all(
      Array.from({ length: requests }, (_, i) => send(fleet, agent, story, i)),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    const fresh = accepted.filter(({ replayed }) => !replayed);
    if (fresh.length !== 1) problems.push(`round ${round}: ${fresh.length} first answers`);
    if (new Set(accepted.map(({ text }) => text)).size > 1) {
      problems.push(`round ${round}: the replays differ`);
    }
    for (const { status, replayed, text } of answers) {
      const what = replayed ? `${status} replayed` : String(status);
      counts[what] = (counts[what] ?? 0) + 1;
      if (status !== 202 && status !== 409) problems.push(`round ${round}: ${status} ${text}`);
    }
    const text = accepted[0]?.text;
    if (text) story.answer = { status: 202, text, paymentId: JSON.parse(text).id };
    stories.push(story);
  }
  clearInterval(flushing);
  redis?.disconnect();
  await agent.close();
  await quiesce(fleet, QUIET_MS);
  for (const { requests: sent } of await fleet.control.charges()) {
    if (sent !== 1) problems.push(`a reference was sent ${sent} times`);
  }
  const history: History = { stories, counts, problems };
  const figures = { rounds, 'requests of a round': requests, ...(redis && { flushes }) };
  return await reportOf(
    'identical requests',
    fleet,
    history,
    await checkBooks(fleet, history),
    figures,
  );
}

function makeStory(round: number): Story {
  return {
    key: `identical-${round}`,
    amount: amountOf(1_001 + round),
    msisdn: WALLET,
    answer: null,
    waitedMs: 0,
  };
}

async function send(fleet: Fleet, agent: Agent, { key, amount, msisdn }: Story, i: number) {
  const { statusCode, headers, body } = await request(
    `${fleet.apis[i % fleet.apis.length]?.url}/v1/pay`,
    {
      method: 'POST',
      dispatcher: agent,
      headers: {
        authorization: fleet.authorization,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({ amount, currency: 'ZMW', payer: { msisdn } }),
    },
  );
  const replayed = headers['idempotent-replayed'] === 'true';
  return { status: statusCode, replayed, text: await body.text() };
}
