/** A person at the command line of a rig's gateway: `gateway admin …` in this process. */
import assert from 'node:assert/strict';
import { PROVIDERS } from '../../providers/index.ts';
import { runAdmin } from '../../src/admin.ts';
import { makeAdminCommands } from '../../src/composition/admin.ts';
import { DEMO_SECRETS, demoProviderSettings } from '../../src/config/demo-values.ts';
import { loadConfig } from '../../src/config.ts';
import { makeMetrics } from '../../src/metrics.ts';
import { systemClock, systemIds } from '../../src/system.ts';
import { silentLogger, type TestDatabase } from './database.ts';
import { newKey, type Rig, SHORT_TIMINGS } from './gateway-rig.ts';
import type { Answer } from './simulators.ts';

export interface OperatorOptions {
  database: TestDatabase;
  /** Of the simulators; without it no provider is configured. */
  simulatorsUrl?: string;
  env?: Record<string, string>;
  account?: string;
}

export interface Operator {
  /** What the command printed; rejects as the executable would end with another code than 0. */
  admin(...args: string[]): Promise<string>;
}

export function operatorOf(options: OperatorOptions): Operator {
  const { database, simulatorsUrl, env, account = 'tester' } = options;
  const settings = {
    ...DEMO_SECRETS,
    ...(simulatorsUrl !== undefined && {
      ...demoProviderSettings(9_100),
      MTN_BASE_URL: `${simulatorsUrl}/mtn`,
      AIRTEL_BASE_URL: `${simulatorsUrl}/airtel`,
    }),
    ...SHORT_TIMINGS,
    TIMING_PROFILE: 'demo',
    DATABASE_URL: database.url,
    ...env,
  };
  return {
    async admin(...args) {
      await using stack = new AsyncDisposableStack();
      const lines: string[] = [];
      const parts = {
        config: loadConfig(settings, { role: 'admin', providers: PROVIDERS }),
        logger: silentLogger,
        metrics: makeMetrics({ processMetrics: false }),
        clock: systemClock,
        ids: systemIds,
      };
      const print = (line: string) => {
        lines.push(line);
      };
      await runAdmin(
        args,
        makeAdminCommands({ parts, pool: database.pool, stack, account, print }),
      );
      return lines.join('\n');
    },
  };
}

/** The provider keeps its charge pending for ever. */
export const STUCK_WALLET = '+260970000006';
export const REVIEWED_SOON = {
  ...SHORT_TIMINGS,
  // When the delays have run out, which is sooner than lease and grace.
  MANUAL_REVIEW_AFTER_MS: '0',
  SIM_SETTLE_MS: '0',
};
/** Airtel answers no status query. */
export const SILENT = { rules: [{ provider: 'AIRTEL', operation: 'status', fault: 'refuse' }] };

export function personAt(
  { database, simulators }: Rig,
  env: Record<string, string> = {},
): Operator {
  return operatorOf({ database, simulatorsUrl: simulators.url, env });
}

/** A payment that nobody but a person can end. */
export async function inReview(rig: Rig, msisdn: string) {
  const key = newKey();
  const answer: Answer = await rig.pay({ key, body: { payer: { msisdn } } });
  assert.equal(answer.status, 202);
  await rig.settled(answer, 'MANUAL_REVIEW');
  return { id: answer.json.id as string, answer, key };
}

export interface AuditRow {
  actor: string;
  action: string;
  detail: Record<string, unknown>;
}

export async function auditOf({ database }: Rig, subject: string): Promise<AuditRow[]> {
  const { rows } = await database.pool.query<AuditRow>(
    'select actor, action, detail from audit_log where subject = $1 order by id',
    [subject],
  );
  return rows;
}
