import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { freePort } from '../../scripts/servers/ports.ts';
import { startPostgres } from '../../scripts/servers/postgres.ts';
import { makeInstallPackages } from '../../scripts/servers/programs.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/messaging.ts';
import { call } from '../support/simulators.ts';
import { chargesByAmount, quiesce } from './books.ts';
import { type Addresses, type Fleet, startFleet } from './fleet.ts';
import { type Story, startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface RestoreOptions {
  /** Redis, which is emptied, and Kafka; the database server is the figure's own. */
  servers: Addresses;
  /** How old the copy is that Postgres goes back to. */
  seconds: number;
  seed: number;
}

const run = promisify(execFile);
/** Before the copy is made: its payments stand in it, some of them open. */
const BEFORE_MS = 10_000;
/** The simulators have settled what they took by then. */
const SETTLED_MS = 1_000;
const QUIET_MS = 120_000;
const AGAIN_MS = 30_000;
/** Of the payments that are gone, those whose merchants send the key again. */
const REPEATED_SHARE = 0.5;
const PROVIDERS = ['MTN', 'AIRTEL'];

interface Reconciled {
  counts: Record<string, number>;
  missingHere: string[];
  opened: number;
}

/** TST-8: under load, Postgres becomes what it was minutes ago; statements and merchants tell what is gone. */
export async function runRestore({ servers, seconds, seed }: RestoreOptions): Promise<Report> {
  const random = seededRandom(seed);
  const begunAt = new Date();
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-restore-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  // Postgres runs as another user when this is root, and must find its way in.
  await chmod(folder, 0o755);
  const postgres = await startPostgres({
    ...{ directory: folder, port: await freePort() },
    ...{ log: () => undefined, installPackages: makeInstallPackages(() => undefined) },
  });
  stack.defer(() => postgres.stop());
  const data = join(folder, 'data');
  const copy = join(folder, 'copy');
  const databaseUrl = postgres.address;
  const fleet = stack.use(
    await startFleet({ servers: { ...servers, databaseUrl }, apis: 2, workers: 1 }),
  );
  const roles = [...fleet.apis, ...fleet.workers];
  const load = startLoad({
    urls: () => fleet.apis.map(({ url }) => url),
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random,
    clients: 4,
    pauseMs: 50,
  });
  stack.defer(() => load.stop());
  await sleep(BEFORE_MS);
  // As a snapshot of a volume is: what a server finds after a crash.
  await postgres.kill();
  await run('cp', ['-a', data, copy]);
  await postgres.restart();
  await sleep(seconds * 1_000);
  await load.stop();
  await Promise.all(roles.map((role) => role.process.stop()));
  await sleep(SETTLED_MS);

  await postgres.kill();
  await rm(data, { recursive: true });
  await run('cp', ['-a', copy, data]);
  await postgres.restart();
  await empty(servers.redisUrl);

  const problems: string[] = [];
  const charges = await fleet.control.charges();
  const gone = await unknownHere(fleet, charges);
  const first = await reconcile(fleet, begunAt, folder);
  if (gone.length === 0) problems.push('nothing was gone, so nothing is shown');
  compare(problems, 'listed after the restore', first.missingHere, gone);
  if (first.opened !== gone.length) {
    problems.push(`${gone.length} payments are gone, ${first.opened} discrepancies were opened`);
  }

  await Promise.all(roles.map((role) => role.process.restart()));
  await load.finish(QUIET_MS);
  const history = load.history();
  problems.push(...history.problems);
  const lost = await storiesWithoutPayment(fleet, history.stories);
  const repeated = lost.filter(() => random() < REPEATED_SHARE);
  if (repeated.length === 0) problems.push('nobody sent a key again, so nothing is shown');
  for (const story of repeated) await payAgain(fleet, story);
  await quiesce(fleet, QUIET_MS);

  const after = await fleet.control.charges();
  const taken = await chargesByAmount(fleet);
  problems.push(...doubled(taken, history.stories));
  problems.push(...(await notFoundAgain(fleet, repeated)));
  const still = await unknownHere(fleet, after);
  const last = await reconcile(fleet, begunAt, folder);
  compare(problems, 'listed at the end', last.missingHere, still);
  const unexplained = Object.keys(last.counts).filter(
    (one) => !['matched', 'not-charged', 'missing-here'].includes(one),
  );
  if (unexplained.length > 0) problems.push(`statements at the end: ${unexplained.join()}`);
  const verified = await fleet.run('verify');
  if (verified.code !== 0) problems.push(`verify does not agree:\n${verified.output}`);
  problems.push(...(await unlisted(fleet, still)));
  return await reportOf('Postgres restored', fleet, history, problems, {
    'age of the copy, s': seconds,
    'charges before the restore': charges.length,
    'of them without payment after it': gone.length,
    'asked about at once': first.counts['under-way'] ?? 0,
    'answered keys that were gone': lost.length,
    'of them sent again, and found again': repeated.length,
    'left in the list': still.length,
    'most charges of a key': Math.max(...[...taken.values()].map(({ length }) => length)),
  });
}

async function empty(redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl);
  await redis.flushall();
  redis.disconnect();
}

type Charges = Awaited<ReturnType<Fleet['control']['charges']>>;

/** References that a provider took and no attempt of ours has. */
async function unknownHere({ pool }: Fleet, charges: Charges): Promise<string[]> {
  const { rows } = await eventually(() =>
    pool.query<{ reference: string }>('select provider_reference as reference from attempts'),
  );
  const known = new Set(rows.map(({ reference }) => reference));
  return charges.map(({ reference }) => reference).filter((one) => !known.has(one));
}

/** As an operator does, for each provider; nothing is left for the next statement. */
async function reconcile(fleet: Fleet, from: Date, folder: string): Promise<Reconciled> {
  const all: Reconciled = { counts: {}, missingHere: [], opened: 0 };
  for (const provider of PROVIDERS) {
    const out = join(folder, `${provider}.json`);
    await rm(out, { force: true });
    const period = ['--from', from.toISOString(), '--to', new Date().toISOString()];
    const statement = `${fleet.simulatorsUrl}/control/statements/${provider.toLowerCase()}`;
    const { code, output } = await fleet.run(
      ...['admin', 'reconcile', '--provider', provider, '--market', 'ZM', '--margin', '0'],
      ...['--statement', `${statement}?from=${period[1]}&to=${period[3]}`, ...period],
      ...['--out', out],
    );
    const report = await readFile(out, 'utf8').then(JSON.parse, () => null);
    if (report === null) throw new Error(`reconcile ended with ${code}:\n${output}`);
    for (const one of report.classes) {
      all.counts[one.class] = (all.counts[one.class] ?? 0) + one.count;
    }
    for (const one of report.differences) {
      if (one.class === 'missing-here') all.missingHere.push(one.reference);
    }
    all.opened += report.discrepanciesOpened;
  }
  return all;
}

function compare(problems: string[], what: string, listed: string[], expected: string[]): void {
  const [a, b] = [new Set(listed), new Set(expected)];
  for (const one of a.symmetricDifference(b)) {
    problems.push(`${one} is ${a.has(one) ? '' : 'not '}${what}`);
  }
}

async function storiesWithoutPayment({ pool }: Fleet, stories: readonly Story[]) {
  const { rows } = await pool.query<{ id: string }>('select id from payments');
  const known = new Set(rows.map(({ id }) => id));
  return stories.filter(({ answer }) => answer?.status === 202 && !known.has(answer.paymentId));
}

/** The same request as before, until it is answered: 409 and 503 say that the key may be sent again. */
async function payAgain({ apis, authorization }: Fleet, story: Story): Promise<void> {
  const { key, amount, msisdn } = story;
  await eventually(
    async () => {
      const { status } = await call(`${apis[0]?.url}/v1/pay`, {
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({ amount, currency: 'ZMW', payer: { msisdn } }),
      });
      if (status !== 202) throw new Error(`${key} is answered ${status}`);
    },
    { timeoutMs: AGAIN_MS, everyMs: 200 },
  );
}

/** An amount is its key's own, so this needs nothing that the gateway made up, or forgot. */
function doubled(taken: Map<string, string[]>, stories: readonly Story[]): string[] {
  return stories
    .filter(({ amount }) => (taken.get(amount)?.length ?? 0) > 1)
    .map(({ key, amount }) => `${key} was charged ${taken.get(amount)?.length} times`);
}

/** Whose merchant sent the key again has a payment once more, and its money is in the ledger. */
async function notFoundAgain({ pool }: Fleet, stories: readonly Story[]): Promise<string[]> {
  const { rows } = await pool.query<{ amount: string }>(
    `select (e.amount_minor / 100.0)::numeric(12, 2)::text as amount
     from ledger_transactions t join ledger_entries e on e.transaction_id = t.id and e.side = 'debit'
     where t.kind = 'capture'`,
  );
  const captured = new Set(rows.map(({ amount }) => amount));
  return stories
    .filter(({ amount }) => !captured.has(amount))
    .map(({ key }) => `${key} was sent again, and its charge is not in the ledger`);
}

/** What is still gone stands in the operator's list, each by its reference. */
async function unlisted({ pool }: Fleet, references: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ reference: string }>(
    `select provider_reference as reference from discrepancies
     where kind = 'missing-here' and closed_at is null`,
  );
  const listed = new Set(rows.map(({ reference }) => reference));
  return references
    .filter((one) => !listed.has(one))
    .map((one) => `${one} is a charge without payment, and no discrepancy says so`);
}
