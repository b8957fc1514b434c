import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MultipleErrors, NetworkError, ProtocolError, ResponseError } from '@platformatic/kafka';
import {
  isExistsAlready,
  isStoredAlready,
  isTooLarge,
} from '../../../src/adapters/kafka/errors.ts';

const PRODUCE = 0;
const [DUPLICATE, TOO_LARGE, NOT_LEADER, EXISTS] = [46, 10, 6, 36];

const answer = (...codes: number[]) =>
  new ResponseError(
    PRODUCE,
    11,
    Object.fromEntries(codes.map((code, i) => [`/responses/${i}`, [code, null]])),
    {},
  );
const tries = (...errors: Error[]) =>
  new MultipleErrors(`produce failed ${errors.length} times.`, errors);
const destinations = (...errors: Error[]) =>
  new MultipleErrors('Producing messages failed.', errors);

test('a duplicate sequence means that the batch is stored', () => {
  assert.ok(isStoredAlready(new ProtocolError('DUPLICATE_SEQUENCE_NUMBER')));
  assert.ok(isStoredAlready(destinations(answer(DUPLICATE))));
  assert.ok(isStoredAlready(destinations(answer(DUPLICATE), answer(DUPLICATE, DUPLICATE))));
});

test('the last of several tries decides', () => {
  const lost = new NetworkError('connection closed');
  assert.ok(isStoredAlready(destinations(tries(lost, answer(NOT_LEADER), answer(DUPLICATE)))));
  assert.ok(!isStoredAlready(destinations(tries(answer(DUPLICATE), lost))));
});

test('one destination that failed otherwise means not stored', () => {
  assert.ok(!isStoredAlready(destinations(answer(DUPLICATE), new NetworkError('gone'))));
  assert.ok(!isStoredAlready(answer(DUPLICATE, NOT_LEADER)));
  assert.ok(!isStoredAlready(new Error('something else')));
  assert.ok(!isStoredAlready(undefined));
  assert.ok(!isStoredAlready(destinations()));
});

test('too large anywhere in the last answer is too large', () => {
  assert.ok(isTooLarge(destinations(answer(TOO_LARGE, NOT_LEADER))));
  assert.ok(!isTooLarge(destinations(answer(NOT_LEADER))));
});

test('an existing topic is no failure, another error beside it is', () => {
  assert.ok(isExistsAlready(answer(EXISTS)));
  assert.ok(!isExistsAlready(answer(EXISTS, NOT_LEADER)));
});
