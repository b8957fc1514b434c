import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import type { RunningRole } from '../../src/composition/process.ts';
import { onServer } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { MTN_WALLET, newKey, type Rig, SHORT_TIMINGS, startRig } from '../support/gateway-rig.ts';
import { reconcileAll } from '../support/reconcile.ts';

const BEFORE = 8;
const OPEN = 4;
const AFTER = 10;

/** By turns at one provider and the other. */
const keysOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ key: newKey(), isMtn: n % 2 === 0 }));
type Key = ReturnType<typeof keysOf>[number];

describe('TST-8 Postgres restored to an earlier time', () => {
  let rig: Rig;
  let name: string;
  let copy: string;
  const roles: RunningRole[] = [];
  before(async () => {
    // Redis starts empty after a restore; it would replay answers about payments that are gone.
    rig = await startRig({ redisUrl: null, worker: false, env: SHORT_TIMINGS });
    roles.push(rig.apis[0] as RunningRole);
    name = new URL(rig.database.url).pathname.slice(1);
    copy = `${name}_copy`;
  });
  after(async () => {
    await rig[Symbol.asyncDispose]();
    await onServer(`drop database if exists ${copy} with (force)`);
  });

  const start = async ({ worker }: { worker: boolean }) => {
    roles.push(await rig.startApi());
    if (worker) roles.push(await rig.startWorker());
  };
  const stop = async () => {
    for (const role of roles.splice(0)) await role.close();
    // The test's own connections too: a database that somebody uses is no template.
    await onServer(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    );
  };
  const pay = ({ key, isMtn }: Key) => {
    const api = roles[0] as RunningRole;
    return rig.pay({ key, api, ...(isMtn && { body: { payer: { msisdn: MTN_WALLET } } }) });
  };
  // As a merchant does: 409 and 503 moved no money in that request, and the same key is safe to send again.
  const payAll = (keys: Key[]) =>
    Promise.all(
      keys.map((key) =>
        eventually(async () => assert.equal((await pay(key)).status, 202), { everyMs: 200 }),
      ),
    );
  const allSucceeded = (count: number) =>
    eventually(
      async () => {
        const { rows } = await rig.database.pool.query('select status from payments');
        assert.deepEqual(
          rows,
          Array.from({ length: count }, () => ({ status: 'SUCCEEDED' })),
        );
      },
      { timeoutMs: 20_000, everyMs: 100 },
    );

  it('finds and lists every gap, and charges nobody twice when merchants repeat their keys', async () => {
    roles.push(await rig.startWorker());
    await payAll(keysOf(BEFORE));
    await allSucceeded(BEFORE);
    await stop();
    await start({ worker: false });
    await payAll(keysOf(OPEN));
    await stop();

    await onServer(`create database ${copy} template ${name}`);
    await start({ worker: true });
    const lost = keysOf(AFTER);
    await payAll(lost);
    await allSucceeded(BEFORE + OPEN + AFTER);
    const charges = await rig.control.charges();
    assert.equal(charges.length, BEFORE + OPEN + AFTER);
    await stop();
    await onServer(`drop database ${name} with (force)`);
    await onServer(`create database ${name} template ${copy}`);

    const found = await reconcileAll(rig);
    assert.deepEqual(found.counts, { matched: BEFORE, 'under-way': OPEN, 'missing-here': AFTER });
    const { rows } = await rig.database.pool.query('select provider_reference from attempts');
    const known = new Set(rows.map((row) => row.provider_reference));
    const gone = charges.map(({ reference }) => reference).filter((one) => !known.has(one));
    assert.deepEqual(found.missingHere.toSorted(), gone.toSorted());
    assert.deepEqual([found.opened, found.asked], [AFTER, OPEN]);
    const again = await reconcileAll(rig);
    assert.deepEqual([again.opened, again.counts], [0, found.counts]);

    await start({ worker: true });
    const repeated = lost.slice(0, AFTER / 2);
    await payAll(repeated);
    await allSucceeded(BEFORE + OPEN + repeated.length);
    const charged = await rig.control.charges();
    const references = charged.map(({ reference }) => reference);
    assert.deepEqual(references.toSorted(), charges.map(({ reference }) => reference).toSorted());
    const requestsOf = (list: typeof charges) => list.reduce((sum, one) => sum + one.requests, 0);
    assert.ok(requestsOf(charged) >= requestsOf(charges) + repeated.length);

    const last = await reconcileAll(rig);
    const matched = BEFORE + OPEN + repeated.length;
    assert.deepEqual(last.counts, { matched, 'missing-here': AFTER - repeated.length });
    assert.equal(last.opened, 0);
    assert.deepEqual(await compareBooks(rig.database.pool), []);
  });
});
