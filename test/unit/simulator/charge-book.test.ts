import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeChargeBook } from '../../../src/adapters/simulator/charge-book.ts';
import { openChargeLog } from '../../../src/adapters/simulator/charge-log.ts';
import type { SimulatedCharge } from '../../../src/domain/simulator.ts';

function charge(reference: string, more: Partial<SimulatedCharge> = {}): SimulatedCharge {
  return {
    provider: 'MTN',
    reference,
    externalId: 'order17',
    msisdn: '+260961234567',
    amount: '20.00',
    currency: 'ZMW',
    callbackUrl: null,
    details: {},
    takenAtMs: 0,
    settlesAtMs: 0,
    failureCode: null,
    requests: 1,
    ...more,
  };
}

const references = (charges: Iterable<SimulatedCharge>) =>
  [...charges].map(({ reference }) => reference);

describe('charge book', () => {
  it('keeps the providers apart', () => {
    const book = makeChargeBook({ log: null, nowMs: () => 1 });
    book.add(charge('a'));
    assert.equal(book.find('AIRTEL', 'a'), undefined);
    assert.equal(book.notePost('AIRTEL', 'a'), undefined);
    assert.equal(book.find('MTN', 'a')?.requests, 1);
  });

  it('when full, forgets the oldest settled charge before any pending one', () => {
    const book = makeChargeBook({ log: null, nowMs: () => 1, maxCharges: 3 });
    book.add(charge('pending', { settlesAtMs: null }));
    for (const reference of ['b', 'c', 'd']) book.add(charge(reference));
    assert.deepEqual(references(book.all()), ['pending', 'c', 'd']);
  });

  it('when full of pending charges, forgets the oldest', () => {
    const book = makeChargeBook({ log: null, nowMs: () => 1, maxCharges: 2 });
    for (const reference of ['a', 'b', 'c']) book.add(charge(reference, { settlesAtMs: null }));
    assert.deepEqual(references(book.all()), ['b', 'c']);
  });
});

describe('charge log', () => {
  it('reads back the newest line of each charge, and no more charges than allowed', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'charges-'));
    t.after(() => rm(directory, { recursive: true }));
    const file = join(directory, 'charges.jsonl');
    const { log } = await openChargeLog(file, { maxCharges: 10 });
    log.append(charge('a'));
    log.append(charge('b'));
    log.append(charge('a', { requests: 2 }));
    log.close();
    const again = await openChargeLog(file, { maxCharges: 10 });
    assert.deepEqual(again.charges, [charge('a', { requests: 2 }), charge('b')]);
    assert.equal((await readFile(file, 'utf8')).split('\n').length, 3);
    again.log.close();
    const fewer = await openChargeLog(file, { maxCharges: 1 });
    assert.deepEqual(references(fewer.charges), ['b']);
    fewer.log.close();
  });

  it('has each line on disk before the charge is answered', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'charges-'));
    t.after(() => rm(directory, { recursive: true }));
    const file = join(directory, 'charges.jsonl');
    const { log } = await openChargeLog(file, { maxCharges: 10 });
    t.after(log.close);
    const book = makeChargeBook({ log, nowMs: () => 1 });
    book.add(charge('a'));
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), charge('a'));
  });

  it('is rewritten once it is mostly old lines, and loses nothing by it', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'charges-'));
    t.after(() => rm(directory, { recursive: true }));
    const file = join(directory, 'charges.jsonl');
    const { log } = await openChargeLog(file, { maxCharges: 10 });
    const book = makeChargeBook({ log, nowMs: () => 1 });
    book.add(charge('a'));
    while (!log.isOverlong(1)) book.notePost('MTN', 'a');
    const requests = book.find('MTN', 'a')?.requests;
    book.add(charge('b'));
    assert.equal((await readFile(file, 'utf8')).trim().split('\n').length, 2);
    log.close();
    const again = await openChargeLog(file, { maxCharges: 10 });
    again.log.close();
    assert.deepEqual(
      again.charges.map((one) => one.requests),
      [requests, 1],
    );
  });
});
