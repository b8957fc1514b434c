/**
 * Mutants that no test kills, each read and given its reason: the changed program does the same, or something else
 * notices it. `scripts/mutate.ts` prints a survivor in this form. Killing one is better than explaining it.
 */
import type { ExplainedSurvivor } from './verdict.ts';

export const EXPLAINED_SURVIVORS: readonly ExplainedSurvivor[] = [
  {
    file: 'src/domain/fee.ts',
    line: 'return fee < amountMinor ? fee : amountMinor;',
    ...{ from: 'fee < amountMinor', to: 'fee <= amountMinor' },
    why: 'where both are equal, either is the answer',
  },
  {
    file: 'src/domain/ledger.ts',
    line: "(sums.get(currency) ?? 0n) + (side === 'debit' ? amountMinor : -amountMinor),",
    from: "(sums.get(currency) ?? 0n) + (side === 'debit' ? amountMinor : -amountMinor)",
    to: "(sums.get(currency) ?? 0n) - (side === 'debit' ? amountMinor : -amountMinor)",
    why: 'only whether a sum is zero is asked, and a sum of the other sign is zero for the same entries',
  },
  {
    file: 'src/domain/ledger.ts',
    line: "(sums.get(currency) ?? 0n) + (side === 'debit' ? amountMinor : -amountMinor),",
    ...{ from: "side === 'debit'", to: "side !== 'debit'" },
    why: 'only whether a sum is zero is asked, and a sum of the other sign is zero for the same entries',
  },
  {
    file: 'src/domain/money.ts',
    line: "const [whole = '', fraction = ''] = text.split('.');",
    ...{ from: "''", to: '"Stryker was here!"' },
    why: 'of `whole`, whose default satisfies the type alone: a text that was split has a first part; that of `fraction` is killed',
  },
  {
    file: 'src/adapters/redis/idempotency-store.ts',
    line: "const [, fingerprint = '', status = '', contentType = '', paymentId = ''] = value.split('|', 5);",
    ...{ from: "''", to: '"Stryker was here!"' },
    why: 'the defaults satisfy the type alone: only `writeAnswer` writes such a value, with all of its parts',
  },
  {
    file: 'src/domain/settlement.ts',
    line: "return decideOutcome({ kind: 'accepted', failure: false, duplicate: false }, closeAfterMs);",
    ...{ from: 'false', to: 'true' },
    why: 'of `failure`, which counts for the breaker and is not read here; that of `duplicate` is killed',
  },
  {
    file: 'src/domain/settlement.ts',
    line: "return decideOutcome({ kind: 'declined', failure: false, why: heard.why }, closeAfterMs);",
    ...{ from: 'false', to: 'true' },
    why: '`failure` counts for the breaker alone: `decideOutcome` does not read it',
  },
  {
    file: 'src/domain/settlement.ts',
    line: "return decideOutcome({ kind: 'unknown', failure: true, reason: heard.reason }, closeAfterMs);",
    ...{ from: 'true', to: 'false' },
    why: '`failure` counts for the breaker alone: `decideOutcome` does not read it',
  },
  {
    file: 'src/domain/settlement.ts',
    line: "return isExhausted(held, timing) ? review(null, '', timing) : waitLonger(held, timing, 0);",
    ...{ from: "''", to: '"Stryker was here!"' },
    why: 'the text of a discrepancy, and there is none',
  },
  {
    file: 'src/domain/settlement.ts',
    line: "? review(null, '', timing)",
    ...{ from: "''", to: '"Stryker was here!"' },
    why: 'the text of a discrepancy, and there is none',
  },
  {
    file: 'src/domain/money.ts',
    line: 'const digits = (amountMinor < 0n ? -amountMinor : amountMinor)',
    ...{ from: 'amountMinor < 0n', to: 'amountMinor <= 0n' },
    why: 'a bigint has no negative zero',
  },
  {
    file: 'src/domain/outcome.ts',
    line: "const untilMs = untilReviewMs({ ...standing, status: 'UNKNOWN' }, timing);",
    ...{ from: "'UNKNOWN'", to: '""' },
    why: 'satisfies the type alone: `untilReviewMs` does not read the status',
  },
  {
    file: 'src/usecases/dispatch-charge.ts',
    line: 'failure: false,',
    ...{ from: 'false', to: 'true' },
    why: '`failure` counts for the breaker alone, and this outcome never goes through it',
  },
  {
    file: 'src/domain/provider-kit/answer.ts',
    line: "if (body === '') return undefined;",
    ...{ from: "body === ''", to: 'false' },
    why: 'saves an exception: no text at all is no JSON either, and is caught below',
  },
  {
    file: 'src/domain/provider-kit/answer.ts',
    line: "if (body === '') return undefined;",
    ...{ from: "''", to: '"Stryker was here!"' },
    why: 'saves an exception: no text at all is no JSON either, and is caught below',
  },
  {
    file: 'src/domain/provider-kit/answer.ts',
    line: '} catch {',
    ...{ from: '{ return undefined; }', to: '{}' },
    why: 'a function that ends without an answer answers undefined',
  },
  {
    file: 'src/domain/provider-kit/answer.ts',
    line: "const text = headers['retry-after'] ?? '';",
    ...{ from: "''", to: '"Stryker was here!"' },
    why: 'neither is a number of seconds, which is all that is asked',
  },
  {
    file: 'providers/airtel/answer.ts',
    line: "message: typeof message === 'string' ? message : '',",
    ...{ from: "''", to: '"Stryker was here!"' },
    why: 'neither names an MSISDN, which is all that is asked',
  },
  {
    file: 'src/adapters/http/idempotency-key.ts',
    line: "? QUOTED_PATTERN.exec(text)?.[1]?.replace(/\\\\([\"\\\\])/g, '$1')",
    from: 'QUOTED_PATTERN.exec(text)?.[1]?.replace',
    to: 'QUOTED_PATTERN.exec(text)?.[1].replace',
    why: 'satisfies the type alone: the group is there whenever the pattern fits',
  },
  {
    file: 'src/adapters/http/pay-command.ts',
    line: 'return max === undefined || max > MAX_AMOUNT_MINOR ? MAX_AMOUNT_MINOR : max;',
    ...{ from: 'max > MAX_AMOUNT_MINOR', to: 'max >= MAX_AMOUNT_MINOR' },
    why: 'where both are equal, either is the answer',
  },
  {
    file: 'src/adapters/http/pay-command.ts',
    line: 'if (others.length === 0) return NO_OTHERS;',
    ...{ from: 'others.length === 0', to: 'false' },
    why: 'saves three lists for each request where failover is off; the answer is empty either way',
  },
  {
    file: 'src/usecases/accept-payment.ts',
    line: 'const order = row.market === market ? [provider, ...failover] : [];',
    ...{ from: '[]', to: '["Stryker was here"]' },
    why: 'an order of fewer than two leads nowhere else: `redriveOrder` stays where the payment stands',
  },
];
