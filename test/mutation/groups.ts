/** What is mutated, and which tests must notice. A mutant runs those of its group that touch its line, fastest first. */

/** Below this share of killed mutants a group fails, in per cent. */
export const LEAST_SCORE = 80;

export interface MutationGroup {
  name: string;
  files: readonly string[];
  /** Each a fraction of a second: every mutant starts them anew. */
  tests: readonly string[];
}

const unit = (...names: string[]) => names.map((name) => `test/unit/${name}.test.ts`);

function classifier(provider: string): MutationGroup {
  return {
    name: `classifier, ${provider}`,
    files: ['codes', 'mapping', 'answer'].map((name) => `providers/${provider}/${name}.ts`),
    tests: unit(
      `providers/${provider}/mapping`,
      'providers/status-answers',
      'providers/code-tables',
    ),
  };
}

export const MUTATION_GROUPS: readonly MutationGroup[] = [
  classifier('mtn'),
  classifier('airtel'),
  {
    name: 'classifier, shared',
    files: ['outcome-table', 'answer'].map((name) => `src/domain/provider-kit/${name}.ts`),
    tests: unit(
      'provider-kit/answer',
      'providers/code-tables',
      'providers/mtn/mapping',
      'providers/airtel/mapping',
    ),
  },
  {
    name: 'state machine',
    files: ['payment', 'decision', 'settlement', 'outcome'].map((name) => `src/domain/${name}.ts`),
    tests: unit(
      'domain/decision',
      'domain/settlement-schedule',
      'domain/outcome-bounds',
      'domain/settlement',
      'domain/outcome',
    ),
  },
  {
    name: 'idempotency, requests',
    files: [
      'src/domain/failover.ts',
      'src/usecases/accept-payment.ts',
      'src/usecases/begin-dispatch.ts',
      'src/usecases/dispatch-charge.ts',
      'src/usecases/fail-over.ts',
      'src/usecases/unavailable.ts',
    ],
    tests: unit(
      'domain/failover',
      'usecases/accept-payment-life',
      'usecases/accept-payment',
      'usecases/unavailable',
      'usecases/begin-dispatch-content',
      'usecases/dispatch-charge-limits',
      'usecases/fail-over-limits',
      'usecases/fail-over',
      'usecases/begin-dispatch',
      'usecases/dispatch-charge',
    ),
  },
  {
    name: 'idempotency, keys',
    files: [
      'src/domain/canonical-json.ts',
      'src/domain/provider-kit/reference-bits.ts',
      'src/adapters/crypto/reference-keys.ts',
      'src/adapters/http/idempotency-key.ts',
      'src/adapters/http/pay-command.ts',
      'src/adapters/redis/idempotency-store.ts',
      'src/adapters/redis/trip.ts',
    ],
    tests: unit(
      'redis/idempotency-store',
      'redis/trip',
      'crypto/reference-vectors',
      'domain/canonical-json',
      'http/pay-content',
      'http/pay-command',
      'http/idempotency-key',
    ),
  },
  {
    name: 'money',
    files: ['src/domain/money.ts'],
    tests: unit('domain/money', 'domain/currencies'),
  },
  {
    name: 'ledger',
    files: ['src/domain/ledger.ts', 'src/domain/fee.ts'],
    tests: unit('domain/postings', 'domain/ledger'),
  },
];
