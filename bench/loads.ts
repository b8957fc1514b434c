/** One load on one server, with what it cost the server. */
import type { LoadResult, LoadSpec } from './load/load-spec.ts';
import { cpuMs, runLoad } from './processes.ts';
import { type Books, type Endpoint, target } from './stage.ts';

export interface Measured extends LoadResult {
  /** CPU time of the server's process per request, all its threads; null where it cannot be told. */
  cpuMicrosPerRequest: number | null;
}

export type LoadShape = Pick<LoadSpec, 'connections' | 'measureMs'> & Partial<LoadSpec>;

/** Throws when anything but `expected` came back, or when a connection broke: then it measured nothing. */
export async function load(
  endpoint: Endpoint,
  books: Pick<Books, 'apiKey'>,
  shape: LoadShape,
  expected: number,
): Promise<Measured> {
  const { pid } = endpoint.process;
  const before = cpuMs(pid);
  const result = await runLoad({
    ...target(endpoint, books),
    provider: 'AIRTEL',
    distinctKeys: null,
    ratePerSecond: null,
    warmupMs: 0,
    ...shape,
  });
  const after = cpuMs(pid);
  const unexpected = Object.keys(result.statusesOfAll).filter((one) => one !== String(expected));
  if (unexpected.length > 0 || result.lost > 0 || result.answered === 0) {
    const seen = JSON.stringify(result.statusesOfAll);
    throw new Error(`expected only ${expected}, saw ${seen} and ${result.lost} lost`);
  }
  const used = before === null || after === null ? null : after - before;
  return {
    ...result,
    cpuMicrosPerRequest: used === null ? null : (used / result.sent) * 1_000,
  };
}
