/** CHX-1: what the clients did, on disk before it is done, so that no crash of ours can make it look better. */
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export type JournalEntry =
  /** Written before the request is sent. */
  | { type: 'invoke'; request: number; key: string; amount: string }
  /** 202 or 402: the merchant was told about a payment. */
  | { type: 'ok'; request: number; key: string; status: number; paymentId: string; text: string }
  /** Any other answer: this request moved no money. */
  | { type: 'fail'; request: number; key: string; status: number; code: string }
  /** No answer: nobody knows what came of this request. */
  | { type: 'info'; request: number; key: string; error: string };

export interface Journal extends AsyncDisposable {
  readonly path: string;
  /** Resolves when the entry is on disk. */
  write(entry: JournalEntry): Promise<void>;
}

/** Entries that arrive together share one write and one sync. */
export async function openJournal(path: string): Promise<Journal> {
  const file = await open(path, 'ax');
  let lines: string[] = [];
  let next: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();
  const flush = async () => {
    await last.catch(() => undefined);
    const taken = lines;
    lines = [];
    next = null;
    last = sync(file, taken.join(''));
    await last;
  };
  return {
    path,
    write(entry) {
      lines.push(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
      next ??= flush();
      return next;
    },
    async [Symbol.asyncDispose]() {
      await next;
      await last;
      await file.close();
    },
  };
}

async function sync(file: FileHandle, text: string): Promise<void> {
  await file.appendFile(text);
  await file.datasync();
}

export function readJournal(path: string): JournalEntry[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}
