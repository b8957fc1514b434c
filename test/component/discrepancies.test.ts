/** AMB-6: a provider's word that contradicts what we said for good, from its birth to its close. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { AIRTEL_WALLET, type Rig, startRig } from '../support/gateway-rig.ts';
import { recordingLogger } from '../support/messaging.ts';
import {
  auditOf,
  inReview,
  type Operator,
  personAt,
  REVIEWED_SOON,
  SILENT,
} from '../support/operator.ts';

describe("a provider's success after FAILED", () => {
  const owned = new AsyncDisposableStack();
  const { logger, lines } = recordingLogger();
  let rig: Rig;
  let person: Operator;
  let paymentId: string;
  let discrepancy: string;

  before(async () => {
    const env = { ...REVIEWED_SOON, MANUAL_REVIEW_EVERY_MS: '300' };
    rig = owned.use(await startRig({ env, logger }));
    person = personAt(rig, env);
    await rig.control.put(SILENT);
    const { id } = await inReview(rig, AIRTEL_WALLET);
    await person.admin(
      ...['review', 'resolve', id, '--as', 'FAILED', '--reason', 'support was wrong'],
      '--despite-provider',
    );
    await rig.control.clear();
    paymentId = id;
  });
  after(() => owned.disposeAsync());

  async function openAtWorker(): Promise<number> {
    const response = await fetch(`${rig.worker?.urls.ops}/metrics`);
    const text = await response.text();
    const found = /^discrepancies_open\{provider="AIRTEL",market="ZM"\} (\d+)$/m.exec(text);
    return Number(found?.[1]);
  }

  it('opens a discrepancy, says so in the log, counts it, and leaves the payment FAILED', async () => {
    const listed = await eventually(async () => {
      const text = await person.admin('discrepancy', 'list');
      assert.match(text, new RegExp(`succeeded-after-failed +${paymentId} +FAILED +20\\.00 ZMW`));
      return text;
    });
    discrepancy = /^(\d+) /m.exec(listed)?.[1] as string;
    assert.equal((await rig.get(`/v1/payments/${paymentId}`)).json.status, 'FAILED');
    const alert = lines.find(({ message }) => message === 'discrepancy');
    assert.equal(alert?.level, 'error');
    assert.equal(alert?.fields.paymentId, paymentId);
    assert.equal(alert?.fields.discrepancy, 'succeeded-after-failed');
    await eventually(async () => assert.equal(await openAtWorker(), 1), { timeoutMs: 15_000 });
  });

  it('is shown with the refund that it proposes, and without the number of the payer', async () => {
    const shown = await person.admin('discrepancy', 'show', discrepancy);
    assert.match(shown, /^Proposal: refund the payer\.$/m);
    assert.match(shown, /Ask AIRTEL \(ZM\) to refund 20\.00 ZMW of its charge \w+\./);
    assert.doesNotMatch(shown, new RegExp(AIRTEL_WALLET.slice(5, 11)));
  });

  it('SEC-11 is closed once, with a reason, by a name, and stays on the books', async () => {
    const close = (...more: string[]) => person.admin('discrepancy', 'close', discrepancy, ...more);
    await assert.rejects(close('--by', 'ann'), /--reason is missing/);
    assert.match(await close('--by', 'ann', '--reason', 'refund R-77'), /closed by ann/);
    await assert.rejects(close('--by', 'ann', '--reason', 'again'), /no discrepancy \d+ is open/);
    assert.equal(await person.admin('discrepancy', 'list'), 'no discrepancy is open');
    assert.match(await person.admin('discrepancy', 'list', '--all'), /closed by ann/);
    assert.match(await person.admin('discrepancy', 'show', discrepancy), /by ann: refund R-77/);
    const [audit, ...others] = await auditOf(rig, `discrepancy ${discrepancy}`);
    assert.equal(audit?.actor, 'ann');
    assert.equal(audit?.detail.reason, 'refund R-77');
    assert.match(`${audit?.detail.before} ${audit?.detail.after}`, /^[0-9a-f]{64} [0-9a-f]{64}$/);
    assert.deepEqual(others, []);
    await eventually(async () => assert.equal(await openAtWorker(), 0), { timeoutMs: 15_000 });
  });
});
