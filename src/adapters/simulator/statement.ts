/** A provider's statement: the charges that it has taken in a period, oldest first, as CSV. */
import { type ProviderWire, type SimulatedCharge, statusAt } from '../../domain/simulator.ts';
import type { ChargeBook } from './charge-book.ts';

export interface Period {
  fromMs: number;
  /** Not in it any more. */
  toMs: number;
}

/** `from` and `to` in RFC 3339, each of them optional; null when one cannot be read. */
export function readPeriod(query: string): Period | null {
  const asked = new URLSearchParams(query);
  const msOf = (name: string, fallback: number) => {
    const text = asked.get(name);
    return text === null || text === '' ? fallback : Date.parse(text);
  };
  const fromMs = msOf('from', Number.NEGATIVE_INFINITY);
  const toMs = msOf('to', Number.POSITIVE_INFINITY);
  return Number.isNaN(fromMs) || Number.isNaN(toMs) ? null : { fromMs, toMs };
}

/** Charges written at once. */
const LINES_PER_CHUNK = 500;

export function* statementOf(
  { name, sheet }: ProviderWire,
  book: ChargeBook,
  { fromMs, toMs }: Period,
  nowMs: () => number,
): Generator<string> {
  yield `${sheet.header}\r\n`;
  const charges = book.all();
  const isAsked = (one: SimulatedCharge) =>
    one.provider === name && one.takenAtMs >= fromMs && one.takenAtMs < toMs;
  for (;;) {
    // A map's iterator has no `return`, so `take` leaves it where it stopped; what a filter gives has one.
    const chunk = charges.take(LINES_PER_CHUNK).toArray();
    if (chunk.length === 0) return;
    const lines = chunk.filter(isAsked).map((one) => sheet.line(one, statusAt(one, nowMs())));
    yield lines.map((line) => `${line}\r\n`).join('');
  }
}
