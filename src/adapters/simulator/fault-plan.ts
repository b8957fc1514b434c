/** What can be made to go wrong, and the strict reading of a plan from outside. */
import { z } from 'zod';
import { E164_PATTERN } from '../../domain/msisdn.ts';
import { DECLINE_REASONS, type DeclineReason } from '../../domain/simulator.ts';

export const OPERATIONS = ['token', 'charge', 'status', 'callback'] as const;
export type Operation = (typeof OPERATIONS)[number];

const REQUESTS = ['token', 'charge', 'status'] as const;

/** Every fault: what it can happen to, and whether a charge is taken all the same. */
export const FAULTS = {
  refuse: { on: REQUESTS, taken: false },
  'http-500': { on: REQUESTS, taken: false },
  decline: { on: ['charge'], taken: false },
  hang: { on: REQUESTS, taken: false },
  slow: { on: REQUESTS, taken: true },
  'reset-before': { on: REQUESTS, taken: false },
  'reset-after': { on: REQUESTS, taken: true },
  'timeout-after': { on: REQUESTS, taken: true },
  '500-after': { on: REQUESTS, taken: true },
  garbage: { on: REQUESTS, taken: true },
  html: { on: REQUESTS, taken: true },
  truncated: { on: REQUESTS, taken: true },
  huge: { on: REQUESTS, taken: true },
  redirect: { on: REQUESTS, taken: false },
  unauthorized: { on: REQUESTS, taken: false },
  'too-many': { on: REQUESTS, taken: false },
  'listed-late': { on: ['status'], taken: false },
  'pending-forever': { on: ['status'], taken: false },
  none: { on: ['callback'], taken: false },
  twice: { on: ['callback'], taken: false },
  early: { on: ['callback'], taken: false },
  late: { on: ['callback'], taken: false },
  forged: { on: ['callback'], taken: false },
  'out-of-order': { on: ['callback'], taken: false },
} as const satisfies Record<string, { on: readonly Operation[]; taken: boolean }>;
export type FaultName = keyof typeof FAULTS;
const FAULT_NAMES = Object.keys(FAULTS) as [FaultName, ...FaultName[]];

/** More rules than this are a mistake: each request looks at each of them. */
const MAX_RULES = 100;
/** No caller waits longer than this, and no timer should. */
const MAX_DELAY_MS = 600_000;
const MAX_COUNT = 1_000_000_000;

/** Faults that mean nothing without a delay take this long when the rule does not say. */
const DEFAULT_DELAY_MS: Partial<Record<FaultName, number>> = {
  slow: 5_000,
  'listed-late': 5_000,
  late: 5_000,
};

/** What a fault does, once a rule or a known wallet has chosen it. */
export interface Fault {
  fault: FaultName;
  delayMs: number;
  /** Why a `decline` declines. */
  reason: DeclineReason;
}

export interface FaultRule extends Fault {
  provider: string;
  operation: Operation;
  /** Share of the requests that it happens to, 0 to 1. */
  probability: number;
  /** The first matching requests, which are left alone. */
  skip: number;
  /** How often it happens at most; null without limit. */
  times: number | null;
  /** Only for this wallet (E.164 with plus). */
  match: { msisdn?: string | undefined };
}

export interface FaultPlan {
  /** The same seed and the same requests give the same faults. */
  seed: number;
  rules: FaultRule[];
}

export type ReadFaultPlan = { ok: true; plan: FaultPlan } | { ok: false; detail: string };

function ruleSchema(providers: readonly string[]) {
  const count = z.int().min(0).max(MAX_COUNT);
  const rule = z.strictObject({
    provider: z.enum(providers),
    operation: z.enum(OPERATIONS),
    fault: z.enum(FAULT_NAMES),
    probability: z.number().min(0).max(1).default(1),
    skip: count.default(0),
    times: count.nullable().default(null),
    delayMs: z.int().min(0).max(MAX_DELAY_MS).optional(),
    reason: z.enum(DECLINE_REASONS).optional(),
    match: z
      .strictObject({ msisdn: z.string().regex(E164_PATTERN, 'E.164 with plus').optional() })
      .default({}),
  });
  return rule
    .superRefine(({ operation, fault, reason }, context) => {
      const on: readonly Operation[] = FAULTS[fault].on;
      if (!on.includes(operation)) {
        const message = `"${fault}" happens to ${on.join(', ')}, not to ${operation}`;
        context.addIssue({ code: 'custom', path: ['fault'], message });
      }
      if (reason !== undefined && fault !== 'decline') {
        context.addIssue({ code: 'custom', path: ['reason'], message: 'belongs to "decline"' });
      }
    })
    .transform(
      (read): FaultRule => ({
        ...read,
        delayMs: read.delayMs ?? DEFAULT_DELAY_MS[read.fault] ?? 0,
        reason: read.reason ?? 'insufficient-funds',
      }),
    );
}

/**
 * Reads `{ seed?, rules }`; every unknown member, name or combination is a problem, said by its
 * place.
 */
export function readFaultPlan(
  value: unknown,
  { providers, seed }: { providers: readonly string[]; seed: number },
): ReadFaultPlan {
  const schema = z.strictObject({
    seed: z.int().default(seed),
    rules: z.array(ruleSchema(providers)).max(MAX_RULES),
  });
  const read = schema.safeParse(value);
  if (read.success) return { ok: true, plan: read.data };
  const problems = read.error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.length === 0 ? 'the plan' : path.join('.')}: ${message}`);
  return { ok: false, detail: problems.join('; ') };
}
