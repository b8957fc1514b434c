/**
 * Writes lines in batches: a pipe's stdout is synchronous, so each write costs the caller. Bounded:
 * when the reader is slower than the log, lines are dropped and counted, and memory stays where it
 * is.
 */
import type { Writable } from 'node:stream';

export interface LineWriter {
  write(line: string): void;
  /** Hands over what has gathered, unless the stream is still busy. */
  flush(): void;
  /**
   * Writes the rest and waits for it, at most a second: a reader that is stuck must not hold up the
   * end.
   */
  close(): Promise<void>;
}

export interface LineWriterLimits {
  /** @default 100 */
  flushMs?: number;
  /** @default 65_536 */
  batchCharacters?: number;
  /** @default 1_048_576 */
  maxCharacters?: number;
}

const CLOSE_MS = 1_000;

export function makeLineWriter(
  stream: Writable,
  describeDropped: (count: number) => string,
  limits: LineWriterLimits = {},
): LineWriter {
  const { flushMs = 100, batchCharacters = 65_536, maxCharacters = 1_048_576 } = limits;
  let lines: string[] = [];
  let characters = 0;
  let dropped = 0;
  let isBusy = false;
  let isBroken = false;
  let timer: NodeJS.Timeout | undefined;

  function onDrain(): void {
    isBusy = false;
    flush();
  }
  /** Nobody reads any more; there is no other place to say so. */
  function onError(): void {
    isBroken = true;
  }
  stream.on('drain', onDrain);
  stream.on('error', onError);

  function takeBatch(): string {
    clearTimeout(timer);
    timer = undefined;
    if (dropped > 0) lines.push(describeDropped(dropped));
    const batch = lines.join('');
    lines = [];
    characters = 0;
    dropped = 0;
    return batch;
  }

  function flush(): void {
    if (isBusy || isBroken || lines.length === 0) return;
    isBusy = !stream.write(takeBatch());
  }

  return {
    flush,
    write(line) {
      if (isBroken) return;
      if (characters + line.length > maxCharacters) {
        dropped += 1;
        return;
      }
      lines.push(line);
      characters += line.length;
      if (characters >= batchCharacters) flush();
      else timer ??= setTimeout(flush, flushMs).unref();
    },
    async close() {
      const rest = takeBatch();
      if (!isBroken) {
        await new Promise<void>((resolve) => {
          const limit = setTimeout(resolve, CLOSE_MS);
          stream.write(rest, () => {
            clearTimeout(limit);
            resolve();
          });
        });
      }
      isBroken = true;
      stream.off('drain', onDrain);
      stream.off('error', onError);
    },
  };
}
