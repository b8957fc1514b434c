/** Mistakes that the proof must notice, each as exact replacements in a copy of the tree. */

export interface Edit {
  file: string;
  /** Must stand in the file exactly once: otherwise the bug does not fit the code any more. */
  from: string;
  to: string;
}

export type CaughtBy =
  /** Any of these checkers of the simulation. */
  | { by: 'simulation'; checkers: readonly string[] }
  /** A test against the real servers, for what only SQL does. */
  | { by: 'test'; file: string; test: string };

export interface PlantedBug {
  name: string;
  edits: readonly Edit[];
  caught: CaughtBy;
}

const simulation = (...checkers: string[]): CaughtBy => ({ by: 'simulation', checkers });
const CONTRACT = 'test/contract/payment-store.contract.test.ts';
const contract = (test: string): CaughtBy => ({ by: 'test', file: CONTRACT, test });

const ONE_CHARGE = 'at most one charge for each key';
const NO_FALSE_FAILED = 'no FAILED payment has a charge';
const MONEY = 'no money is wrong';
const TOLD = 'each change is told, in order, and the outbox is empty';
const TIMELINE = 'the timeline is whole';

const ACCEPT = 'src/usecases/accept-payment.ts';
const BEGIN = 'src/usecases/begin-dispatch.ts';
const DISPATCH = 'src/usecases/dispatch-charge.ts';
const SETTLEMENT = 'src/domain/settlement.ts';
const STORE_SQL = 'src/adapters/postgres/payment-store.ts';
const FAKE_STORE = 'test/simulation/fake-store.ts';

const IN_SQL: readonly PlantedBug[] = [
  {
    name: 'unique key dropped',
    edits: [
      {
        file: 'src/adapters/postgres/migrations/0001_foundation.sql',
        from: '  primary key (merchant_id, key_hash)\n',
        to: '  id bigint generated always as identity primary key\n',
      },
    ],
    caught: contract('IDM-5 gives a key to exactly one of many intents at once'),
  },
  {
    name: 'fence compare dropped, in SQL',
    edits: [
      {
        file: 'src/adapters/postgres/moves.ts',
        from: 'and p.fence = i.fence and p.lease_until is not null',
        to: '',
      },
    ],
    caught: contract('IDM-11 writes nothing twice under one fence, and nothing under an old one'),
  },
  {
    name: 'grace not restarted by a re-drive, in SQL',
    edits: [
      {
        file: STORE_SQL,
        from: "    grace_until = now() + ($3 + $4) * interval '1 millisecond', dispatched_at = now(),\n",
        to: "    grace_until = least(grace_until, now() + $4 * interval '1 millisecond'), dispatched_at = now(),\n",
      },
    ],
    caught: contract('AMB-4 a re-drive starts grace and count of "not found" again'),
  },
  {
    name: 'open attempt charged again, in SQL',
    edits: [
      {
        file: STORE_SQL,
        from: "status = 'RECEIVED' and attempt_outcome = 'not_taken'",
        to: "status = 'RECEIVED'",
      },
    ],
    caught: contract(
      'IDM-11 drives nothing again but what was not taken, and not while a lease lives',
    ),
  },
];

const IN_CODE: readonly PlantedBug[] = [
  {
    name: 'a key that exists is taken for a new one',
    edits: [{ file: BEGIN, from: "      if (result.kind === 'exists') return null;\n", to: '' }],
    caught: simulation('nothing is sent without an intent', 'no defect'),
  },
  {
    name: 'offset committed before the effect',
    edits: [
      {
        file: 'src/domain/deliver-batch.ts',
        from: "  const handled = await untilDone('a handler', () => handleAll(subscription, readable));\n",
        to: `  void untilDone('a handler', () => handleAll(subscription, readable));
  if (readable.length > 0) return true;
  const handled: Verdict[] = [];
`,
      },
    ],
    caught: simulation(TOLD),
  },
  {
    name: 'fence compare dropped',
    edits: [
      {
        file: 'test/simulation/fake-moves.ts',
        from: "  if (record.fence !== move.fence || record.leaseUntilMs === null) return 'lost';\n",
        to: '',
      },
    ],
    caught: simulation('no write under a lost fence', 'only legal moves', TIMELINE),
  },
  {
    name: '"not found" counted at once',
    edits: [
      {
        file: SETTLEMENT,
        from: 'export const NOT_FOUND_NEEDED = 2;',
        to: 'export const NOT_FOUND_NEEDED = 1;',
      },
    ],
    caught: simulation(NO_FALSE_FAILED, ONE_CHARGE),
  },
  {
    name: '"not found" counted before the grace',
    edits: [
      {
        file: SETTLEMENT,
        from: '  const counts = held.graceLeftMs <= 0 && !held.byHint;\n',
        to: '  const counts = !held.byHint;\n',
      },
      {
        file: SETTLEMENT,
        from: '  return held.graceLeftMs <= 0 && notFoundCount >= NOT_FOUND_NEEDED;\n',
        to: '  return notFoundCount >= NOT_FOUND_NEEDED;\n',
      },
    ],
    caught: simulation(NO_FALSE_FAILED, ONE_CHARGE),
  },
  {
    name: 'grace not restarted by a re-drive',
    edits: [
      {
        file: BEGIN,
        from: '      const dispatch = { requestId, traceparent, ...lease, link,',
        to: '      const dispatch = { requestId, traceparent, ...lease, graceMs: -leaseMs, link,',
      },
    ],
    caught: simulation(NO_FALSE_FAILED, ONE_CHARGE),
  },
  {
    name: 'outcome without outbox',
    edits: [
      {
        file: 'src/usecases/write-decision.ts',
        from: '        messages,\n',
        to: '        messages: [],\n',
      },
    ],
    caught: simulation(TOLD),
  },
  {
    name: 'Redis answer cached before the commit',
    edits: [
      {
        file: ACCEPT,
        from: '      if (result.stored) stored = result.answer;\n',
        to: '      stored = result.answer;\n',
      },
    ],
    caught: simulation('replays are equal to the byte'),
  },
  {
    name: 'open attempt charged again',
    edits: [
      {
        file: ACCEPT,
        from: "    if (row.status === 'RECEIVED' && row.attemptOutcome === 'not_taken') return null;\n",
        to: "    if (row.status === 'RECEIVED') return null;\n",
      },
      {
        file: FAKE_STORE,
        from: "  if (record.attemptOutcome !== 'not_taken' || isLeased(record, nowMs)) return null;\n",
        to: '  if (isLeased(record, nowMs)) return null;\n',
      },
    ],
    caught: simulation(ONE_CHARGE),
  },
  {
    name: '"not newer" in place of "next"',
    edits: [
      {
        file: 'test/simulation/reporter.ts',
        from: "    if (sequence > known.sequence + 1) return { kind: 'retry', errorClass: 'too-early' };\n",
        to: '',
      },
    ],
    caught: simulation(TOLD),
  },
  {
    name: 'float amount',
    edits: [
      {
        file: BEGIN,
        from: '    amountMinor: command.amountMinor,\n',
        to: '    amountMinor: BigInt(Math.trunc((Number(command.amountMinor) / 100) * 100)),\n',
      },
    ],
    caught: simulation(MONEY),
  },
  {
    name: 'callback trusted',
    edits: [
      {
        file: 'src/usecases/settle-payment.ts',
        from: '    const heard = unasked ? null : await ask(held);\n',
        to: `    const trusted = held.byHint && held.hints.lastClaimed === 'succeeded';
    const told = { kind: 'succeeded', failure: false, taken: null, providerTransactionId: null };
    const heard = unasked ? null : trusted ? (told as StatusOutcome) : await ask(held);
`,
      },
    ],
    caught: simulation(MONEY),
  },
  {
    name: 'a lost re-drive is freed under a fence that may be another one',
    edits: [
      {
        file: BEGIN,
        from: '.redrive(paymentId, fence, dispatch).catch((error: unknown) => {\n',
        to: `.redrive(paymentId, fence, dispatch).catch((error: unknown) => {
        if (isUndecided(error)) freeUnsent(paymentId, fence + 1n, headAfter(timeline, link));
`,
      },
    ],
    caught: simulation(ONE_CHARGE, TIMELINE),
  },
  {
    name: 'no last look at the clock',
    edits: [
      {
        file: DISPATCH,
        from: '    const outcome = hasTime(command, begun)\n',
        to: '    const outcome = hasTime(command, begun) || true\n',
      },
    ],
    caught: simulation('nothing is sent after its lease'),
  },
  {
    name: '5xx after the first byte',
    edits: [
      {
        file: DISPATCH,
        from: '    return unrecorded(written, begun, at);\n  };\n',
        to: `    throw new GatewayError('overloaded', 'It could not be recorded.');
  };
`,
      },
    ],
    caught: simulation('a 5xx moved no money in its request'),
  },
  {
    name: 'marked as published before the ack',
    edits: [
      {
        file: 'src/usecases/relay-outbox.ts',
        from: '    await bus.publish(rows.map(({ message }) => message));\n',
        to: `    await session.markPublished(rows.map(({ id }) => id));
    await bus.publish(rows.map(({ message }) => message));
`,
      },
    ],
    caught: simulation(TOLD),
  },
  {
    name: 'FAILED by age',
    edits: [
      {
        file: SETTLEMENT,
        from: "      return isExhausted(held, timing) ? review(null, '', timing) : waitLonger(held, timing, 0);\n",
        to: '      return isExhausted(held, timing) ? { ...close(), answer: null } : waitLonger(held, timing, 0);\n',
      },
    ],
    caught: simulation(NO_FALSE_FAILED),
  },
];

export const PLANTED_BUGS: readonly PlantedBug[] = [...IN_CODE, ...IN_SQL];

/** Of the list that was asked for, what has nothing to be planted in. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'failover on timeout':
    'no payment goes to a second provider (docs/decisions/0010-no-failover-between-providers-yet.md)',
};
