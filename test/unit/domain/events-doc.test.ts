/** The documents about events name what the code has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EVENT_DATA_SCHEMA, JOB_DATA_SCHEMA } from '../../../src/domain/cloud-event.ts';
import { DELIVERY_HEADERS } from '../../../src/domain/delivery.ts';
import { EVENT_TYPES, RETRY_TIERS, TOPICS } from '../../../src/domain/event.ts';

const names = [
  ...Object.values(TOPICS),
  ...EVENT_TYPES,
  ...Object.values(DELIVERY_HEADERS),
  EVENT_DATA_SCHEMA,
  JOB_DATA_SCHEMA,
];

for (const file of ['events.md', 'events.asyncapi.yaml']) {
  test(`docs/${file} names every topic, tier, event type, version and header`, () => {
    const text = readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8');
    for (const name of [...names, ...RETRY_TIERS.map(({ suffix }) => suffix)]) {
      assert.ok(text.includes(name), name);
    }
  });
}
