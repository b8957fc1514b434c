/** `gateway admin <noun> …`: commands for a person. Each noun is a file of `admin/`. */
import { UsageError } from './admin/arguments.ts';
import { DEAD_LETTER_HELP } from './admin/dead-letters.ts';
import { DISCREPANCY_HELP } from './admin/discrepancies.ts';
import { FEE_HELP } from './admin/fee.ts';
import { LEDGER_HELP } from './admin/ledger.ts';
import { MERCHANTS_HELP } from './admin/merchants.ts';
import { RECONCILE_HELP } from './admin/reconcile.ts';
import { REVIEW_HELP } from './admin/review.ts';

export { UsageError } from './admin/arguments.ts';

const HELP = {
  merchant: MERCHANTS_HELP,
  key: MERCHANTS_HELP,
  review: REVIEW_HELP,
  discrepancy: DISCREPANCY_HELP,
  dlq: DEAD_LETTER_HELP,
  fee: FEE_HELP,
  ledger: LEDGER_HELP,
  reconcile: RECONCILE_HELP,
} as const;

export type AdminNoun = keyof typeof HELP;

/** What each noun does; what a command does not need is not opened. */
export type AdminCommands = Record<AdminNoun, (args: string[]) => Promise<void>>;

function nounOf(word: string | undefined): AdminNoun | undefined {
  return Object.keys(HELP).find((noun) => noun === word) as AdminNoun | undefined;
}

/** Of one noun, or the commands of all. */
export function adminHelp(word?: string): string {
  const noun = nounOf(word);
  if (noun) return HELP[noun];
  const lines = [...new Set(Object.values(HELP))].flatMap((help) =>
    help.split('\n').filter((line) => line.startsWith('gateway admin ')),
  );
  return `${lines.join('\n')}\n\n\`gateway admin <noun> --help\` says more.`;
}

export async function runAdmin(args: string[], commands: AdminCommands): Promise<void> {
  const noun = nounOf(args[0]);
  if (!noun) throw new UsageError(adminHelp());
  await commands[noun](args);
}
