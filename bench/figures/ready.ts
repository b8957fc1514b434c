import { alternate, type Figure } from '../figure.ts';
import type { BenchOptions } from '../options.ts';
import type { Books, Endpoint, Stage } from '../stage.ts';

const MARK_MS = 1_500;

/** From the start of the process until it answers 200; asked every 50 ms, so up to that much too long. */
export async function measureReady(stage: Stage, { pairs }: BenchOptions): Promise<Figure[]> {
  const books: Books = await stage.openBooks();
  const time = async (start: () => Promise<Endpoint>) => {
    const startedAtMs = performance.now();
    const { process } = await start();
    const ms = performance.now() - startedAtMs;
    await process.stop();
    return ms;
  };
  const results = await alternate(
    pairs,
    () => time(() => books.startApi()),
    () => time(() => stage.startBareExpress(200, {})),
  );
  const ours = results.map((pair) => pair.ours);
  return [
    {
      name: 'api ready after start',
      unit: 'ms',
      values: ours,
      ours,
      reference: results.map((pair) => pair.reference),
      measure: 'ms',
      mark: { at: 'most', value: MARK_MS },
      details: null,
    },
  ];
}
