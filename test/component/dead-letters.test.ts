/** KAF-11: `gateway admin dlq` on real Kafka and Postgres: what was given up is seen, and sent back with one effect. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeKafkaEventBus } from '../../src/adapters/kafka/event-bus.ts';
import { ensureTopics } from '../../src/adapters/kafka/topics.ts';
import { makePaymentStore } from '../../src/adapters/postgres/payment-store.ts';
import { withTopicPrefix } from '../../src/composition/topics.ts';
import { JOB_DATA_SCHEMA } from '../../src/domain/cloud-event.ts';
import { TOPICS } from '../../src/domain/event.ts';
import type { EventBus, Verdict } from '../../src/domain/ports.ts';
import { systemIds } from '../../src/system.ts';
import { JOBS_CONSUMER, makeScheduleSettlement } from '../../src/usecases/schedule-settlement.ts';
import { makeTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { readTopic, withAdmin } from '../support/kafka.ts';
import {
  kafkaBrokers,
  randomName,
  recordingMetrics,
  silentLogger,
  systemClock,
} from '../support/messaging.ts';
import { type Operator, operatorOf } from '../support/operator.ts';

const execute = promisify(execFile);
const brokers = kafkaBrokers();
const connection = { brokers, clientId: 'dead-letters-test' };
const name = randomName('d');
const prefix = `${name}.`;
const GROUP = 'webhooks';
const MSISDN = '+260971234567';

function jobOf(eventId: string, paymentId: string, over: Record<string, unknown> = {}): string {
  return JSON.stringify({
    specversion: '1.0',
    id: eventId,
    source: '/payment-gateway',
    type: 'payment.accepted',
    subject: paymentId,
    time: '2026-11-21T08:00:00.000Z',
    datacontenttype: 'application/json',
    dataschema: JOB_DATA_SCHEMA,
    sequence: '1',
    data: { provider: 'AIRTEL', market: 'ZM', note: `call ${MSISDN}\u001b[2J` },
    ...over,
  });
}

describe('gateway admin dlq', () => {
  const owned = new AsyncDisposableStack();
  let database: TestDatabase;
  let bus: EventBus;
  let person: Operator;
  const { metrics, calls } = recordingMetrics();
  const consumed = (status: string) =>
    calls.filter(([call, , found]) => call === 'eventConsumed' && found === status).length;

  before(async () => {
    database = owned.use(await makeTestDatabase());
    const subscriptions = [
      { topic: prefix + TOPICS.jobs, group: prefix + JOBS_CONSUMER },
      { topic: prefix + TOPICS.events, group: prefix + GROUP },
    ];
    const topics = Object.values(TOPICS).map((topic) => prefix + topic);
    await ensureTopics({ connection, partitions: 3, minReplication: 1, topics, subscriptions });
    const timing = { sessionMs: 6_000, heartbeatMs: 200, drainMs: 5_000 };
    const deps = { connection, clock: systemClock, logger: silentLogger, metrics, timing };
    bus = withTopicPrefix(makeKafkaEventBus(deps), prefix);
    owned.defer(() => bus.close());
    const env = { KAFKA_BROKERS: brokers.join(','), KAFKA_TOPIC_PREFIX: name };
    person = operatorOf({ database, env });
  });
  after(() => owned.disposeAsync());

  const publish = (topic: string, value: string) =>
    bus.publish([{ topic, key: 'wallet', value, headers: { 'x-kept': 'yes' } }]);

  /** As a worker that does not know the job's version yet. */
  async function giveUp(topic: string, group: string, values: string[]): Promise<void> {
    const dead: Verdict = { kind: 'dead', errorClass: 'version-unknown' };
    const handle = async (messages: unknown[]) => messages.map(() => dead);
    const old = await bus.subscribe({ group, topic, handle });
    const letters = `${prefix}${topic}${group === JOBS_CONSUMER ? '' : `.${prefix}${group}`}.dlq`;
    const had = (await readTopic(brokers, letters)).length;
    for (const value of values) await publish(topic, value);
    await eventually(
      async () => assert.equal((await readTopic(brokers, letters)).length, had + values.length),
      { timeoutMs: 30_000, everyMs: 200 },
    );
    await old.close();
  }

  const linesOf = async (...args: string[]) => (await person.admin('dlq', ...args)).split('\n');

  async function auditRows(): Promise<
    { actor: string; subject: string; detail: Record<string, unknown> }[]
  > {
    const { rows } = await database.pool.query(
      `select actor, subject, detail from audit_log where action = 'dlq.replay' order by id`,
    );
    return rows;
  }

  const [first, second] = [systemIds.eventId(), systemIds.eventId()];
  const payment = `pay_${'a'.repeat(32)}`;

  it('says that there are none, and reads them without a group', async () => {
    assert.equal(await person.admin('dlq', 'list'), 'no dead letters');
    const groups = await withAdmin(brokers, (admin) => admin.listGroups());
    assert.ok(![...groups.keys()].some((group) => group.includes('dead-letters')));
  });

  it('KAF-8 KAF-11 lists and shows a poison message, redacted and harmless to a terminal', async () => {
    await giveUp(TOPICS.jobs, JOBS_CONSUMER, [jobOf(first, payment)]);
    const [, line = ''] = await linesOf('list');
    const id = `${prefix}payments.jobs.dlq:`;
    assert.ok(line.startsWith(`1  ${id}`), line);
    assert.match(line, /version-unknown +1 +payment\.accepted +pay_a{32}$/);
    const shown = await person.admin('dlq', 'show', '1');
    assert.match(shown, new RegExp(`^origin_topic +${prefix}payments\\.jobs$`, 'm'));
    assert.match(shown, /^x-kept +yes$/m);
    assert.match(shown, /\+260\*+4567/);
    assert.ok(!shown.includes(MSISDN) && !shown.includes('\u001b'));
    assert.equal(await person.admin('dlq', 'show', /1 {2}(\S+)/.exec(line)?.[1] ?? ''), shown);
    await assert.rejects(person.admin('dlq', 'show', '2'), /there is no dead letter 2/);
  });

  it('a dry run says what would be done, and does nothing', async () => {
    const before = await readTopic(brokers, prefix + TOPICS.jobs);
    const said = await linesOf('replay', '--all', '--dry-run');
    assert.match(said[0] ?? '', /would be replayed$/);
    assert.equal(said[1], '0 of 1 replayed: a dry run');
    assert.equal((await readTopic(brokers, prefix + TOPICS.jobs)).length, before.length);
    assert.deepEqual(await auditRows(), []);
  });

  it('KAF-11 replays it to where it came from: it is applied once, and audited', async () => {
    const store = makePaymentStore(database.pool);
    const handle = makeScheduleSettlement({
      store,
      firstCheckInMs: () => 0,
      metrics,
      logger: silentLogger,
    });
    const group = { group: JOBS_CONSUMER, topic: TOPICS.jobs, handle };
    owned.use({
      [Symbol.asyncDispose]: (
        (running) => () =>
          running.close()
      )(await bus.subscribe(group)),
    });
    await assert.rejects(person.admin('dlq', 'replay', '--one', '1'), /--reason is missing/);
    const said = await linesOf(
      'replay',
      '--one',
      '1',
      '--reason',
      'worker 2 knows it',
      '--by',
      'ann',
    );
    assert.match(said[0] ?? '', /^1 \S+ replayed$/);
    await eventually(() => assert.equal(consumed('done'), 1), { timeoutMs: 30_000 });
    const replayed = (await readTopic(brokers, prefix + TOPICS.jobs)).at(-1);
    const copies = (await readTopic(brokers, prefix + TOPICS.jobs)).filter(
      ({ headers }) => headers.replayed_from !== undefined,
    );
    assert.equal(copies.length, 1);
    const [{ headers, key, value } = replayed as NonNullable<typeof replayed>] = copies;
    assert.equal(key, 'wallet');
    assert.equal(value, jobOf(first, payment));
    assert.equal(headers['x-kept'], 'yes');
    assert.equal(headers.attempt, undefined);
    assert.equal(headers.origin_topic, undefined);
    const [audit] = await auditRows();
    assert.equal(audit?.actor, 'ann');
    assert.equal(audit?.subject, headers.replayed_from);
    assert.equal(audit?.detail.reason, 'worker 2 knows it');
    assert.equal(audit?.detail.eventId, first);
  });

  it('KAF-7 KAF-11 a second replay is said to have no effect, and has none', async () => {
    const [, line = ''] = await linesOf('list');
    assert.match(line, /processed, replayed 20\S+ by ann$/);
    assert.match((await linesOf('replay', '--all', '--reason', 'x'))[0] ?? '', /skipped: already/);
    const said = await linesOf('replay', '--one', '1', '--reason', 'x');
    assert.match(said[0] ?? '', /replayed; processed already, so without effect$/);
    await eventually(() => assert.equal(consumed('duplicate'), 1), { timeoutMs: 30_000 });
    assert.equal(consumed('done'), 1);
    const { rowCount } = await database.pool.query('select 1 from processed_events');
    assert.equal(rowCount, 1);
  });

  it('replays a range at the rate it is given, and only of what can go back', async () => {
    const events = [jobOf(second, payment), jobOf(systemIds.eventId(), payment), 'not json'];
    await giveUp(TOPICS.events, GROUP, events);
    const listed = await linesOf('list');
    assert.equal(listed.length, 5);
    assert.match(listed.at(-1) ?? '', /unreadable/);
    const started = performance.now();
    const said = await linesOf('replay', '--range', '2..3', '--reason', 'x', '--rate', '4/s');
    const tookMs = performance.now() - started;
    assert.equal(said.at(-1), '2 of 2 replayed');
    assert.ok(tookMs >= 250, 'the second one waits for its time');
    const back = (await readTopic(brokers, prefix + TOPICS.events)).filter(
      ({ headers }) => headers.replayed_from !== undefined,
    );
    assert.deepEqual(back.map(({ value }) => value).toSorted(), events.slice(0, 2).toSorted());
    await assert.rejects(
      linesOf('replay', '--range', '3..2', '--reason', 'x'),
      /--range is 3\.\.7/,
    );
    await assert.rejects(linesOf('replay', '--all', '--one', '1', '--reason', 'x'), /one of --one/);
  });

  it('the executable prints the list, and ends by itself', async () => {
    const env = {
      ...{ PATH: process.env.PATH, DATABASE_URL: database.url },
      ...{ KAFKA_BROKERS: brokers.join(','), KAFKA_TOPIC_PREFIX: name },
    };
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const options = { env, timeout: 60_000 };
    const { stdout } = await execute(process.execPath, [main, 'admin', 'dlq', 'list'], options);
    assert.equal(stdout.trim().split('\n').length, 5);
  });
});
