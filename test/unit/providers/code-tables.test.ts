/** docs/providers.md says what each code means; the classifiers must mean the same, row by row and in the same order. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  AIRTEL_CHARGE_ROWS,
  mapAirtelCharge,
  mapAirtelStatus,
} from '../../../providers/airtel/mapping.ts';
import { FAILED_REASONS, UNFINISHED_REASONS } from '../../../providers/mtn/codes.ts';
import { MTN_CHARGE_ROWS, mapMtnCharge, mapMtnStatus } from '../../../providers/mtn/mapping.ts';
import type { ChargeOutcome, StatusOutcome } from '../../../src/domain/provider.ts';
import type { HttpAnswer } from '../../../src/domain/provider-kit/answer.ts';

const documentation = readFileSync(join(import.meta.dirname, '../../../docs/providers.md'), 'utf8');

/** The cells of the first table below this heading of this provider's section. */
function tableOf(section: string, heading: string): string[][] {
  const [, from = ''] = documentation.split(`\n## ${section}`);
  const [, below = ''] = from.split(`\n### ${heading}\n`);
  const lines = below.slice(below.indexOf('\n|') + 1).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) => line.slice(2, -2).split(' | '));
}

interface Row {
  on: string;
  outcome: string;
  failure: boolean;
  failureCode?: string;
  source: string;
  confidence: string;
}

function cellsOf({ on, outcome, failure, failureCode, source, confidence }: Row): string[] {
  const code = /^code (\S+)$/.exec(on)?.[1];
  const means = failureCode === undefined ? outcome : `${outcome}, \`${failureCode}\``;
  return [code ? `\`${code}\`` : on, means, failure ? 'yes' : 'no', source, confidence];
}

const answer = (status: number, body: unknown): HttpAnswer => ({
  ...{ kind: 'response', status, headers: {}, body: JSON.stringify(body) },
});

/** In the words of the table. */
function told(outcome: ChargeOutcome | StatusOutcome): string {
  switch (outcome.kind) {
    case 'accepted':
      return outcome.duplicate ? 'duplicate' : 'accepted';
    case 'not_taken':
      return 'refused';
    case 'declined':
    case 'failed':
      return `${outcome.kind}, \`${outcome.why.code}\``;
    default:
      return outcome.kind;
  }
}

function codesIn(rows: string[][]): { code: string; means: string; failure: boolean }[] {
  return rows.flatMap(([first = '', means = '', failure]) => {
    const code = /^`(.+)`$/.exec(first)?.[1];
    return code === undefined ? [] : [{ code, means, failure: failure === 'yes' }];
  });
}

const mtn = tableOf('MTN', 'Answers to a charge');
const airtel = tableOf('Airtel', 'Answers to a charge');
const reasons = tableOf('MTN', 'Answers to a status query');

describe('the tables of docs/providers.md', () => {
  test('are the classifiers, row by row', () => {
    assert.deepEqual(MTN_CHARGE_ROWS.map(cellsOf), mtn);
    assert.deepEqual(AIRTEL_CHARGE_ROWS.map(cellsOf), airtel);
  });

  test('are the reasons of a failed payment, row by row', () => {
    const failed = FAILED_REASONS.map(({ code, failureCode, source, confidence }) => [
      ...[`\`${code}\``, `failed, \`${failureCode}\``, source, confidence],
    ]);
    const unfinished = UNFINISHED_REASONS.map(({ code, source, confidence }) => [
      ...[`\`${code}\``, 'pending', source, confidence],
    ]);
    assert.deepEqual([...failed, ...unfinished], reasons);
  });

  test('MTN: each code means what they say, in whichever error it stands, and nothing in a 2xx', () => {
    assert.ok(codesIn(mtn).length > 15);
    for (const { code, means, failure } of codesIn(mtn)) {
      for (const status of [400, 404, 409, 500]) {
        const outcome = mapMtnCharge(answer(status, { code }));
        assert.deepEqual([told(outcome), outcome.failure], [means, failure], code);
        if (outcome.kind !== 'not_taken') continue;
        assert.equal(outcome.providerCode, code);
        assert.equal(outcome.reason, code.toLowerCase().replaceAll('_', '-'));
      }
      assert.equal(mapMtnCharge(answer(200, { code })).kind, 'unknown');
      assert.equal(mapMtnCharge(answer(399, { code })).kind, 'unknown');
    }
  });

  test('MTN: each reason of a failed payment means what they say, with the code beside it', () => {
    assert.ok(codesIn(reasons).length > 20);
    for (const { code, means } of codesIn(reasons)) {
      for (const reason of [code, { code }]) {
        const outcome = mapMtnStatus(answer(200, { status: 'FAILED', reason }));
        assert.deepEqual([told(outcome), outcome.failure], [means, false], code);
        if (outcome.kind === 'failed') assert.equal(outcome.why.providerCode, code);
      }
    }
  });

  test('Airtel: each code means what they say, in whichever place and status it stands', () => {
    const places = [
      (code: string) => ({ status: { response_code: code } }),
      (code: string) => ({ status: { result_code: code } }),
      (code: string) => ({ status_code: code }),
    ];
    assert.ok(codesIn(airtel).length > 30);
    for (const { code, means, failure } of codesIn(airtel)) {
      for (const at of places) {
        for (const status of [200, 400, 403, 500]) {
          const outcome = mapAirtelCharge(answer(status, at(code)));
          assert.deepEqual([told(outcome), outcome.failure], [means, failure], code);
          if (outcome.kind !== 'not_taken' && outcome.kind !== 'unknown') continue;
          assert.equal(outcome.reason, code.toLowerCase());
        }
      }
    }
  });

  test('Airtel: a failed payment has the reason that its code has at a charge', () => {
    const declined = codesIn(airtel).filter(({ means }) => means.startsWith('declined'));
    assert.ok(declined.length > 8);
    for (const { code, means } of declined) {
      const body = { data: { transaction: { status: 'TF' } }, status: { response_code: code } };
      const outcome = mapAirtelStatus(answer(200, body), 'R');
      assert.equal(told(outcome), means.replace('declined', 'failed'));
      assert.equal(outcome.kind === 'failed' && outcome.why.providerCode, code);
    }
  });
});
