/** AMB-1 as a property: whatever comes, there is an outcome, and only a documented word is a final one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readAirtelAnswer } from '../../../providers/airtel/answer.ts';
import {
  AIRTEL_CHARGE_ROWS,
  mapAirtelCharge,
  mapAirtelStatus,
} from '../../../providers/airtel/mapping.ts';
import { readMtnAnswer } from '../../../providers/mtn/answer.ts';
import { MTN_CHARGE_ROWS, mapMtnCharge, mapMtnStatus } from '../../../providers/mtn/mapping.ts';
import { FAILURE_CODES } from '../../../src/domain/payment.ts';
import type { HttpAnswer } from '../../../src/domain/provider-kit/answer.ts';

const seed = Number(process.env.FC_SEED ?? Date.now() & 0x7fffffff);
const RUNS = { seed, numRuns: 3_000 };

const CODES = [MTN_CHARGE_ROWS, AIRTEL_CHARGE_ROWS]
  .flat()
  .flatMap(({ on }) => /^code (\S+)$/.exec(on)?.[1] ?? []);

const word = fc.oneof(
  fc.constantFrom(...CODES, 'SUCCESS', 'SUCCESSFUL', 'PENDING', 'FAILED', 'TS', 'TF', 'R', '400'),
  fc.string({ maxLength: 12 }),
);
const value = fc.oneof(word, fc.boolean(), fc.constant(null), fc.integer(), fc.double());
const names = ['code', 'status', 'response_code', 'result_code', 'success', 'message', 'id'];
const leaf = fc.dictionary(fc.constantFrom(...names, 'reason', 'amount', 'currency'), value);
const envelope = fc.record(
  {
    status: fc.oneof(leaf, value),
    data: fc.oneof(fc.record({ transaction: fc.oneof(leaf, value) }), value),
    code: value,
    status_code: value,
    statusCode: value,
    reason: fc.oneof(leaf, value),
    amount: value,
    currency: value,
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  envelope.map((json) => JSON.stringify(json)),
  leaf.map((json) => JSON.stringify(json)),
  fc.json(),
  fc.string(),
  fc.constant(''),
  fc.constant('<html></html>'),
);
const answers: fc.Arbitrary<HttpAnswer> = fc.record({
  kind: fc.constant('response' as const),
  status: fc.oneof(
    fc.constantFrom(200, 202, 302, 400, 401, 403, 404, 408, 409, 429, 500, 503),
    fc.integer({ min: 100, max: 999 }),
  ),
  headers: fc.dictionary(fc.constantFrom('retry-after', 'x'), fc.string()),
  body,
});

const PROVIDERS = [
  {
    name: 'MTN',
    charge: mapMtnCharge,
    status: (answer: HttpAnswer) => mapMtnStatus(answer),
    rowsFor: (answer: HttpAnswer) =>
      MTN_CHARGE_ROWS.filter((row) => row.match(readMtnAnswer(answer))),
  },
  {
    name: 'AIRTEL',
    charge: mapAirtelCharge,
    status: (answer: HttpAnswer) => mapAirtelStatus(answer, 'R'),
    rowsFor: (answer: HttpAnswer) =>
      AIRTEL_CHARGE_ROWS.filter((row) => row.match(readAirtelAnswer(answer))),
  },
];

describe(`AMB-1 classifiers are total (FC_SEED=${seed})`, () => {
  for (const { name, charge, status, rowsFor } of PROVIDERS) {
    test(`${name}: any answer to a charge has an outcome, and what no row names is unknown`, () => {
      fc.assert(
        fc.property(answers, (answer) => {
          const outcome = charge(answer);
          const [row] = rowsFor(answer);
          if (row === undefined) assert.equal(outcome.kind, 'unknown');
          if (outcome.kind === 'declined') assert.equal(row?.outcome, 'declined');
          if (outcome.kind === 'not_taken') {
            assert.equal(row?.outcome, 'refused');
            assert.equal(outcome.cause, 'refused');
            const seconds = outcome.retryAfterSeconds ?? 1;
            assert.ok(Number.isSafeInteger(seconds) && seconds >= 1);
          }
        }),
        RUNS,
      );
    });

    test(`${name}: no 3xx is ever final`, () => {
      fc.assert(
        fc.property(answers, fc.integer({ min: 300, max: 399 }), (answer, redirect) => {
          assert.equal(charge({ ...answer, status: redirect }).kind, 'unknown');
          assert.equal(status({ ...answer, status: redirect }).kind, 'unclear');
        }),
        RUNS,
      );
    });

    test(`${name}: any answer to a status query has an outcome`, () => {
      fc.assert(
        fc.property(answers, (answer) => {
          const outcome = status(answer);
          if (outcome.kind === 'failed') assert.ok(FAILURE_CODES.includes(outcome.why.code));
          const is2xx = answer.status >= 200 && answer.status < 300;
          if (outcome.kind === 'succeeded' || outcome.kind === 'failed') assert.ok(is2xx);
        }),
        RUNS,
      );
    });
  }
});
