/** `admin dlq …`: messages that were given up. */
import { letterId } from '../domain/dead-letter.ts';
import { DELIVERY_HEADERS } from '../domain/delivery.ts';
import type { Deed } from '../domain/review.ts';
import { redact } from '../log/redact.ts';
import type { ListedLetter, makeDeadLetters } from '../usecases/replay-dead-letters.ts';
import { needed, type Print, Refusal, readArguments, tableOf, UsageError } from './arguments.ts';

export const DEAD_LETTER_HELP = `gateway admin dlq list [--since <time>]
gateway admin dlq show <n or id>
gateway admin dlq replay --one <n or id> | --range <a>..<b> | --all --reason "…" [--by <name>]
                         [--since <time>] [--rate <n>/s] [--dry-run]

Dead letters of all our topics, the oldest first; MSISDNs in them are masked. They are read without a group:
nothing is committed. \`replay\` sends a copy to the topic that it came from, with its headers and no attempt made
yet, at most 20 a second unless --rate says otherwise. --range and --all leave out what was processed or replayed
before; --one sends it again, and a consumer that has processed it does nothing. Each replay is kept in the audit
log, before it is sent; --dry-run sends and keeps nothing. The letter itself stays until its topic drops it (30 days).`;

export interface DeadLettersDeps {
  open(): Promise<ReturnType<typeof makeDeadLetters>>;
  account: string;
  print: Print;
}

const DEFAULT_RATE = 20;
const MAX_RATE = 1_000;
const MAX_SHOWN = 4_000;

const TEXTS = { since: 'text', one: 'text', range: 'text', rate: 'text' } as const;
const DEED = { reason: 'text', by: 'text' } as const;
const KINDS = { ...TEXTS, ...DEED, all: 'flag', 'dry-run': 'flag' } as const;

export async function runDeadLetters(args: string[], deps: DeadLettersDeps): Promise<void> {
  const { words, options } = readArguments(args, 3, KINDS);
  const since = sinceOf(options.since);
  switch (words[1]) {
    case 'list':
      return await list(since, deps);
    case 'show':
      return await show(
        needed(words[2], 'the number or id of a dead letter', DEAD_LETTER_HELP),
        deps,
      );
    case 'replay':
      return await replay(options, since, deps);
    default:
      throw new UsageError(DEAD_LETTER_HELP);
  }
}

function sinceOf(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const since = new Date(text);
  if (Number.isNaN(since.getTime())) throw new UsageError(`--since ${text} is no time`);
  return since;
}

/** What a message says goes to a terminal: no number of a payer, and no control sequence. */
function shown(text: string): string {
  const short =
    text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)` : text;
  return redact(short).replace(
    /\p{Cc}/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function stateOf({ isProcessed, replayed, obstacle }: ListedLetter): string {
  if (obstacle !== null) return `cannot be replayed: ${obstacle}`;
  const words = [
    ...(isProcessed ? ['processed'] : []),
    ...(replayed ? [`replayed ${replayed.at.toISOString()} by ${replayed.by}`] : []),
  ];
  return words.join(', ');
}

async function list(since: Date | null, { open, print }: DeadLettersDeps): Promise<void> {
  const { listed, complete } = await (await open()).list(since);
  if (listed.length === 0) return print('no dead letters');
  const head = ['n', 'id', 'given up', 'error', 'attempts', 'type', 'payment', 'state'];
  const rows = listed.map((one) => [
    String(one.n),
    one.id,
    one.letter.at.toISOString(),
    shown(one.letter.headers[DELIVERY_HEADERS.errorClass] ?? ''),
    shown(one.letter.headers[DELIVERY_HEADERS.attempt] ?? ''),
    shown(one.subject?.type ?? 'unreadable'),
    shown(one.subject?.paymentId ?? ''),
    shown(stateOf(one)),
  ]);
  for (const line of tableOf([head, ...rows])) print(line);
  if (!complete) print('there are more: see the later ones with --since');
}

async function show(which: string, { open, print }: DeadLettersDeps): Promise<void> {
  const { listed } = await (await open()).list(null);
  const one = find(listed, which);
  const { letter } = one;
  const state = stateOf(one);
  const lines: (readonly [string, string])[] = [
    ['id', letterId(letter)],
    ['given up', letter.at.toISOString()],
    ...(state === '' ? [] : [['state', state] as const]),
    ['key', shown(letter.key)],
    ...Object.entries(letter.headers).map(([name, text]) => [shown(name), shown(text)] as const),
    ['value', letter.value === null ? 'none' : shown(letter.value)],
  ];
  for (const line of tableOf(lines)) print(line);
}

function find(listed: ListedLetter[], which: string): ListedLetter {
  const found = listed.find(({ n, id }) => String(n) === which || id === which);
  if (!found) throw new Refusal(`there is no dead letter ${which}`);
  return found;
}

interface ReplayWords {
  one?: string;
  range?: string;
  all?: boolean;
  rate?: string;
  reason?: string;
  by?: string;
  'dry-run'?: boolean;
}

async function replay(
  words: ReplayWords,
  since: Date | null,
  deps: DeadLettersDeps,
): Promise<void> {
  const { account, print } = deps;
  const { one, range, all } = words;
  if ([one, range, all].filter((choice) => choice !== undefined).length !== 1) {
    throw new UsageError(`one of --one, --range and --all\n\n${DEAD_LETTER_HELP}`);
  }
  const dryRun = words['dry-run'] ?? false;
  const deed: Deed = {
    by: needed(words.by ?? account, 'a name', DEAD_LETTER_HELP),
    reason: dryRun ? '' : needed(words.reason, '--reason', DEAD_LETTER_HELP),
    via: account,
  };
  const perSecond = rateOf(words.rate);
  const bounds = range === undefined ? null : boundsOf(range);
  const letters = await deps.open();
  const { listed } = await letters.list(since);
  const chosen =
    one !== undefined
      ? [find(listed, one)]
      : listed.filter(({ n }) => bounds === null || (n >= bounds.from && n <= bounds.to));
  const sent = await letters.replay(chosen, deed, {
    ...{ again: one !== undefined, dryRun, perSecond },
    tell(letter, outcome) {
      const note =
        letter.isProcessed && outcome === 'replayed'
          ? '; processed already, so without effect'
          : '';
      print(`${letter.n} ${letter.id} ${outcome}${note}`);
    },
  });
  print(`${sent} of ${chosen.length} replayed${dryRun ? ': a dry run' : ''}`);
}

function rateOf(text = `${DEFAULT_RATE}/s`): number {
  const rate = Number(/^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text)?.[1]);
  if (!(rate > 0 && rate <= MAX_RATE)) throw new UsageError(`--rate is up to ${MAX_RATE}/s`);
  return rate;
}

function boundsOf(text: string): { from: number; to: number } {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  if (from === undefined || Number(from) > Number(to)) throw new UsageError('--range is 3..7');
  return { from: Number(from), to: Number(to) };
}
