/** TST-7: the present worker reads what a newer release has written, on every bus. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { JOB_DATA_SCHEMA } from '../../src/domain/cloud-event.ts';
import { systemIds } from '../../src/system.ts';
import { JOBS_CONSUMER, makeScheduleSettlement } from '../../src/usecases/schedule-settlement.ts';
import { describeEachBus, message } from '../support/bus-harness.ts';
import { eventually } from '../support/eventually.ts';
import { recordingMetrics, silentLogger } from '../support/messaging.ts';

const WAIT = { timeoutMs: 30_000 };

function jobOf(over: Record<string, unknown> = {}, data: Record<string, unknown> = {}): string {
  return JSON.stringify({
    specversion: '1.0',
    id: systemIds.eventId(),
    source: '/payment-gateway',
    type: 'payment.accepted',
    subject: systemIds.paymentId(),
    time: '2026-11-21T08:00:00.000Z',
    datacontenttype: 'application/json',
    dataschema: JOB_DATA_SCHEMA,
    sequence: '1',
    data: { provider: 'AIRTEL', market: 'ZM', ...data },
    ...over,
  });
}

describeEachBus('jobs of a newer release', (harness) => {
  it('TST-7 unknown fields are ignored, an unknown version goes to the dead letters, the next one is handled', async () => {
    const topic = await harness().topic('jobs', [JOBS_CONSUMER]);
    const bus = harness().make();
    const taken: string[] = [];
    const { metrics, calls } = recordingMetrics();
    const handle = makeScheduleSettlement({
      store: {
        async processJobs(_consumer, jobs) {
          taken.push(...jobs.map(({ eventId }) => eventId));
          return jobs.map(() => true);
        },
      },
      firstCheckInMs: () => 0,
      metrics,
      logger: silentLogger,
    });
    await bus.subscribe({ group: JOBS_CONSUMER, topic, handle });
    const richer = jobOf({ nextattribute: 'new' }, { nextField: { deep: [1] } });
    const newer = jobOf({ dataschema: 'urn:payments:job:v2' }, { provider: 7 });
    const plain = jobOf();
    // One key: one partition, so the last one has the others before it.
    await bus.publish([richer, newer, plain].map((value) => message(topic, 'wallet', value)));
    const idOf = (value: string) => JSON.parse(value).id;
    await eventually(() => assert.deepEqual(taken, [idOf(richer), idOf(plain)]), WAIT);
    const letters = await eventually(async () => {
      const found = await harness().contents(`${topic}.dlq`);
      assert.equal(found.length, 1);
      return found;
    }, WAIT);
    const [letter] = letters;
    assert.equal(letter?.value, newer);
    assert.equal(letter.headers.error_class, 'version-unknown');
    assert.equal(letter.headers.origin_topic, topic);
    const dead = calls.filter(([call, , status]) => call === 'eventConsumed' && status === 'dead');
    assert.equal(dead.length, 1);
    await bus.close();
  });
});
