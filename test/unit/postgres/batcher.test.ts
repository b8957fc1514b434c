import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeBatcher } from '../../../src/adapters/postgres/batcher.ts';
import { StoreUnavailable } from '../../../src/domain/errors.ts';

const compare = (a: number, b: number) => a - b;
const uniqueViolation = () => Object.assign(new Error('duplicate key'), { code: '23505' });

describe('micro-batches', () => {
  it('gather what arrives together, sorted, and answer each caller with its own result', async () => {
    const batches: number[][] = [];
    const write = makeBatcher<number, string>({
      compare,
      run: async (rows) => {
        batches.push(rows);
        return rows.map((row) => `wrote ${row}`);
      },
    });
    assert.deepEqual(await Promise.all([3, 1, 2].map(write)), ['wrote 3', 'wrote 1', 'wrote 2']);
    assert.deepEqual(batches, [[1, 2, 3]]);
  });

  it('keep no more statements under way than they may, and rows wait their turn', async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    const sizes: number[] = [];
    const write = makeBatcher<number, number>({
      compare,
      maxRows: 10,
      maxInFlight: 2,
      run: async (rows) => {
        sizes.push(rows.length);
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        return rows;
      },
    });
    const all = Promise.all(Array.from({ length: 35 }, (_, i) => write(i)));
    for (let done = 0; done < 4; done += 1) {
      while (gates.length <= done) await new Promise(setImmediate);
      assert.ok(gates.length - done <= 2);
      gates[done]?.resolve();
    }
    assert.equal((await all).length, 35);
    assert.deepEqual(sizes, [10, 10, 10, 5]);
  });

  it('refuse a row that has waited too long, unsent, and take the next ones', async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    const sent: number[] = [];
    const write = makeBatcher<number, number>({
      compare,
      maxInFlight: 1,
      maxWaitMs: 20,
      run: async (rows) => {
        sent.push(...rows);
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        return rows;
      },
    });
    const first = write(1);
    while (gates.length === 0) await new Promise(setImmediate);
    const late = write(2);
    const until = performance.now() + 30;
    while (performance.now() < until) await new Promise(setImmediate);
    gates[0]?.resolve();
    assert.equal(await first, 1);
    await assert.rejects(
      late,
      (error) => error instanceof StoreUnavailable && error.fate === 'none',
    );
    const next = write(3);
    while (gates.length === 1) await new Promise(setImmediate);
    gates[1]?.resolve();
    assert.equal(await next, 3);
    assert.deepEqual(sent, [1, 3]);
  });

  it('let a bad row fail alone', async () => {
    const write = makeBatcher<number, number>({
      compare,
      run: async (rows) => {
        if (rows.includes(2)) throw uniqueViolation();
        return rows;
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map(write));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('tell every row that its fate is unknown when the connection was lost, and send none twice', async () => {
    let runs = 0;
    const write = makeBatcher<number, number>({
      compare,
      run: async () => {
        runs += 1;
        throw Object.assign(new Error('Connection terminated unexpectedly'));
      },
    });
    const results = await Promise.allSettled([1, 2].map(write));
    for (const result of results) {
      assert.ok(result.status === 'rejected' && result.reason instanceof StoreUnavailable);
      assert.equal(result.reason.fate, 'unknown');
    }
    assert.equal(runs, 1);
  });

  it('know that nothing was written when no connection was had or the server rolled back', async () => {
    for (const code of ['ECONNREFUSED', '57014', '40P01', '53300']) {
      const write = makeBatcher<number, number>({
        compare,
        run: async () => {
          throw Object.assign(new Error('no'), { code });
        },
      });
      await assert.rejects(write(1), (error) => {
        assert.ok(error instanceof StoreUnavailable);
        assert.equal(error.fate, 'none', code);
        return true;
      });
    }
  });

  it('refuse at once what would wait beyond the limit', async () => {
    const never = new Promise<number[]>(() => {});
    const write = makeBatcher<number, number>({
      compare,
      maxRows: 1,
      maxWaiting: 2,
      run: () => never,
    });
    for (let i = 0; i < 4; i += 1) {
      void write(i);
      await new Promise(setImmediate);
    }
    await assert.rejects(write(9), StoreUnavailable);
  });
});
