import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailable } from '../../../src/domain/errors.ts';
import type { Payment } from '../../../src/domain/payment.ts';
import type { ListQuery } from '../../../src/domain/store.ts';
import { makeReadPayments } from '../../../src/usecases/read-payments.ts';

const idOf = (at: number) => `pay_${String(at).padStart(32, '0')}`;

const LINKS = [1, 2, 3, 4, 5].map((number) => ({ number, hash: `h${number}`, facts: '[]' }));

/** Ten payments, newest first. */
function tenPayments() {
  const asked: ListQuery[] = [];
  const all = Array.from({ length: 10 }, (_, at) => ({ id: idOf(9 - at) }) as Payment);
  const reads = makeReadPayments({
    find: async () => null,
    timeline: async (_merchantId, _id, { after, limit }) => {
      const links = LINKS.filter(({ number }) => number > after).slice(0, limit);
      return { head: { count: LINKS.length, hash: 'h5' }, links };
    },
    list: async (_merchantId, query) => {
      asked.push(query);
      const { after, limit } = query;
      return all.filter(({ id }) => after === undefined || id < after).slice(0, limit);
    },
  });
  return { asked, list: reads.listPayments, timeline: reads.getTimeline };
}

test('a cursor goes on where its page ended, to the last page', async () => {
  const { list } = tenPayments();
  const found: string[] = [];
  let cursor: string | undefined;
  for (const limit of [4, 3, 3]) {
    const page = await list('shop', { limit, ...(cursor && { cursor }) });
    found.push(...page.payments.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  }
  assert.deepEqual(
    found,
    Array.from({ length: 10 }, (_, at) => idOf(9 - at)),
  );
  assert.equal(cursor, undefined);
});

test('a timeline goes on after the last link of its page, to the last page', async () => {
  const { timeline } = tenPayments();
  const found: number[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page = await timeline('shop', idOf(1), { after, limit: 2 });
    found.push(...(page?.links.map(({ number }) => number) ?? []));
    after = page?.nextAfter ?? null;
  }
  assert.deepEqual(found, [1, 2, 3, 4, 5]);
});

test('a cursor is refused with other filters than those of its page', async () => {
  const { list, asked } = tenPayments();
  const createdAfter = new Date('2026-11-21T08:00:00Z');
  const filters = { status: 'FAILED', createdAfter } as const;
  const { nextCursor } = await list('shop', { ...filters, limit: 2 });
  const cursor = nextCursor as string;
  assert.match(cursor, /^[A-Za-z0-9_-]{1,200}$/);
  const bad = [{}, { status: 'FAILED' }, { ...filters, provider: 'MTN' }] as const;
  for (const other of [...bad, { ...filters, createdAfter: new Date(0) }]) {
    await assert.rejects(list('shop', { ...other, cursor, limit: 2 }), {
      code: 'query-invalid',
      errors: [
        {
          pointer: '/cursor',
          code: 'invalid',
          detail: 'must go with the filters of the page that gave it; only limit may change',
        },
      ],
    });
  }
  await list('shop', { ...filters, cursor, limit: 5 });
  assert.equal(asked.at(-1)?.after, idOf(8));
});

test('what is no cursor of ours is query-invalid', async () => {
  const { list } = tenPayments();
  const plain = Buffer.from(idOf(1)).toString('base64url');
  for (const cursor of ['x', plain, 'A'.repeat(200)]) {
    await assert.rejects(list('shop', { cursor, limit: 2 }), { code: 'query-invalid' });
  }
});

test('a read without the store speaks of nothing that might have been sent', async () => {
  const away = () => Promise.reject(new StoreUnavailable('none', new Error('gone')));
  const { getPayment, listPayments } = makeReadPayments({
    ...{ find: away, list: away, timeline: away },
  });
  const expected = { code: 'store-unavailable', message: 'The store does not answer.' };
  await assert.rejects(getPayment('shop', idOf(1)), expected);
  await assert.rejects(listPayments('shop', { limit: 1 }), expected);
});
