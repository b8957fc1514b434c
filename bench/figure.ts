/** One figure of the report: what was measured, beside what, and whether it is good enough. */
import { median } from './load/statistics.ts';

export interface Mark {
  at: 'least' | 'most';
  value: number;
}

export interface Figure {
  name: string;
  unit: string;
  /** Of each pair or round: what the mark is about. */
  values: number[];
  /** Of each pair, in the figure's own measure; null where the mark is absolute. */
  ours: number[] | null;
  reference: number[] | null;
  measure: string;
  mark: Mark | null;
  /** What else was seen, for the JSON. */
  details: unknown;
  note?: string;
}

export function isMet({ values, mark }: Figure): boolean | null {
  if (mark === null) return null;
  const value = median(values);
  return mark.at === 'least' ? value >= mark.value : value <= mark.value;
}

export interface Pair<T> {
  ours: T;
  reference: T;
}

/** Takes turns at being first, so that a machine that warms up or slows down favours neither. */
export async function alternate<T>(
  pairs: number,
  ours: (pair: number) => Promise<T>,
  reference: (pair: number) => Promise<T>,
): Promise<Pair<T>[]> {
  const results: Pair<T>[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    if (pair % 2 === 0) {
      const first = await reference(pair);
      results.push({ ours: await ours(pair), reference: first });
    } else {
      const first = await ours(pair);
      results.push({ ours: first, reference: await reference(pair) });
    }
  }
  return results;
}
