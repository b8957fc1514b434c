import { Writable } from 'node:stream';

export interface MemoryStream extends Writable {
  /** Everything written so far. */
  text(): string;
  /** How often it was written to. */
  writes(): number;
  /** Ends the writes that a held stream has not taken yet. */
  release(): void;
}

/** A stream that remembers; `held` takes nothing until it is released. */
export function memoryStream({ held = false } = {}): MemoryStream {
  const chunks: string[] = [];
  let waiting: (() => void)[] = [];
  let isHeld = held;
  const stream = new Writable({
    decodeStrings: false,
    // Busy from the first character on.
    highWaterMark: held ? 1 : undefined,
    write(chunk, _encoding, next) {
      chunks.push(String(chunk));
      if (isHeld) waiting.push(next);
      else next();
    },
  });
  return Object.assign(stream, {
    text: () => chunks.join(''),
    writes: () => chunks.length,
    release() {
      isHeld = false;
      const taken = waiting;
      waiting = [];
      for (const next of taken) next();
    },
  });
}
