import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  EVENT_DATA_SCHEMA,
  JOB_DATA_SCHEMA,
  parseCloudEvent,
} from '../../../src/domain/cloud-event.ts';
import { propertySeed } from '../../support/seed.ts';

const event = {
  specversion: '1.0',
  id: '019a0000-0000-7000-8000-000000000000',
  source: '/payments',
  type: 'payment.accepted',
  subject: 'pay_1',
  time: '2026-01-02T03:04:05.000Z',
  datacontenttype: 'application/json',
  dataschema: EVENT_DATA_SCHEMA,
  sequence: '1',
  data: { status: 'ACCEPTED' },
};
const parse = (over: object) => parseCloudEvent(JSON.stringify({ ...event, ...over }));
const why = (over: object) => {
  const parsed = parse(over);
  return parsed.ok ? 'ok' : parsed.why;
};

test('reads an event and a job of a known version', () => {
  assert.deepEqual(parse({}), { ok: true, event });
  assert.equal(why({ dataschema: JOB_DATA_SCHEMA }), 'ok');
  assert.equal(why({ traceparent: '00-abc-def-01' }), 'ok');
});

test('TST-7 fields that are not known here are ignored', () => {
  const parsed = parse({ color: 'green', data: { status: 'ACCEPTED', added: { later: true } } });
  assert.ok(parsed.ok);
  assert.equal(parsed.event.data.status, 'ACCEPTED');
});

test('TST-7 an unknown version is dead, whatever else it holds', () => {
  assert.equal(why({ dataschema: 'urn:payments:event:v2', data: 7 }), 'version-unknown');
  assert.equal(why({ specversion: '2.0' }), 'version-unknown');
});

test('KAF-8 a wrong or missing attribute is dead', () => {
  const wrong = [
    { id: '' },
    { type: 7 },
    { subject: undefined },
    { time: 'yesterday' },
    { sequence: '0' },
    { sequence: 1 },
    { sequence: '1.5' },
    { data: null },
    { data: [] },
    { datacontenttype: 'text/plain' },
    { traceparent: 5 },
    { dataschema: undefined },
  ];
  for (const over of wrong) assert.equal(why(over), 'event-invalid', JSON.stringify(over));
});

test('KAF-8 anything that is not a JSON object is dead', () => {
  for (const value of ['', '{', 'null', '[]', '7', '"x"']) {
    assert.equal(parseCloudEvent(value).ok, false, value);
  }
});

test('never throws', (t) => {
  const seed = propertySeed(t);
  const value = fc.oneof(fc.string(), fc.json());
  fc.assert(
    fc.property(value, (text) => {
      parseCloudEvent(text);
    }),
    { seed, numRuns: 1_000 },
  );
});
