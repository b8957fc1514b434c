// The load generator, a process of its own: a LoadSpec as its argument, a LoadResult as its last line.
import type { LoadSpec } from './load-spec.ts';
import { runClosedLoop, runConstantRate } from './loops.ts';

const spec: LoadSpec = JSON.parse(process.argv[2] ?? '');
const result = await (spec.ratePerSecond === null
  ? runClosedLoop(spec)
  : runConstantRate(spec, spec.ratePerSecond));
console.log(JSON.stringify(result));
