/** `gateway admin fee set | list`: what is kept of a payment. */
import { type FeeRule, MAX_BASIS_POINTS } from '../domain/fee.ts';
import { formatAmount, isKnownCurrency, knownCurrencies, parseAmount } from '../domain/money.ts';
import { type Print, readArguments, tableOf, UsageError } from './arguments.ts';

export const FEE_HELP = `gateway admin fee set --provider <name> --currency <code> --basis-points <n> [--fixed <amount>]
  [--merchant <id>]
gateway admin fee list

A hundred basis points are 1 %. The share is rounded to the nearest minor unit, a half up; --fixed is added; never
more than the amount is kept. Without --merchant it is for every merchant that has no fee of its own; 0 is a fee too.`;

export interface FeeDeps {
  providers: readonly string[];
  readFees(): Promise<FeeRule[]>;
  addFee(rule: FeeRule, actor: string): Promise<void>;
  merchantExists(id: string): Promise<boolean>;
  /** Who does it, for the audit log. */
  actor: string;
  print: Print;
}

const OPTIONS = {
  ...({ provider: 'text', currency: 'text', merchant: 'text' } as const),
  ...({ 'basis-points': 'text', fixed: 'text' } as const),
} as const;

type Values = Partial<Record<keyof typeof OPTIONS, string>>;

export async function runFee(args: string[], deps: FeeDeps): Promise<void> {
  const { words, options } = readArguments(args, 2, OPTIONS);
  const [, verb] = words;
  if (verb === 'list') return await listFees(deps);
  if (verb !== 'set') throw new UsageError(FEE_HELP);
  const rule = readRule(options, deps.providers);
  if (rule.merchantId !== null && !(await deps.merchantExists(rule.merchantId))) {
    throw new UsageError(`there is no merchant ${rule.merchantId}`);
  }
  await deps.addFee(rule, deps.actor);
  deps.print(`fee set: ${cellsOf(rule).join('  ')}`);
  deps.print('it counts for payments that succeed from now on; workers see it within five seconds');
}

function readRule(values: Values, providers: readonly string[]): FeeRule {
  const { provider = '', currency = '', fixed = '0', merchant } = values;
  const points = values['basis-points'] ?? '';
  if (!providers.includes(provider)) {
    throw new UsageError(`--provider is one of ${providers.join(', ')}`);
  }
  if (!isKnownCurrency(currency)) {
    throw new UsageError(`--currency is one of ${knownCurrencies().join(', ')}`);
  }
  if (!/^\d{1,5}$/.test(points) || Number(points) > MAX_BASIS_POINTS) {
    throw new UsageError(
      `--basis-points is a whole number from 0 to ${MAX_BASIS_POINTS}: 150 is 1.5 %`,
    );
  }
  return {
    merchantId: merchant ?? null,
    provider,
    currency,
    basisPoints: Number(points),
    fixedMinor: readFixed(fixed, currency),
  };
}

function readFixed(text: string, currency: string): bigint {
  if (/^0(\.0+)?$/.test(text)) return 0n;
  const parsed = parseAmount(text, currency);
  if (parsed.ok) return parsed.amountMinor;
  throw new UsageError(
    `--fixed is an amount of ${currency}, such as ${formatAmount(50n, currency)}`,
  );
}

async function listFees({ readFees, print }: FeeDeps) {
  const rules = await readFees();
  if (rules.length === 0) return print('no fees: merchants get the whole amount');
  const heads = ['merchant', 'provider', 'currency', 'share', 'fixed'];
  for (const line of tableOf([heads, ...rules.map(cellsOf)])) print(`  ${line}`);
}

function cellsOf({ merchantId, provider, currency, basisPoints, fixedMinor }: FeeRule): string[] {
  const share = `${Math.floor(basisPoints / 100)}.${String(basisPoints % 100).padStart(2, '0')} %`;
  return [merchantId ?? '(default)', provider, currency, share, formatAmount(fixedMinor, currency)];
}
