/** All figures, in the order in which they are measured. */
import type { Figure } from './figure.ts';
import { measureAcceptPath } from './figures/accept-path.ts';
import { measureBacklog } from './figures/backlog.ts';
import { measureCheapAnswers } from './figures/cheap-answers.ts';
import { measureLedger } from './figures/ledger.ts';
import { measureOpenBreaker } from './figures/open-breaker.ts';
import { measureReady } from './figures/ready.ts';
import type { BenchOptions } from './options.ts';
import type { Stage } from './stage.ts';

export type MakeFigures = (stage: Stage, options: BenchOptions) => Promise<Figure[]>;

export const FIGURES: Readonly<Record<string, MakeFigures>> = {
  ready: measureReady,
  'cheap-answers': measureCheapAnswers,
  'open-breaker': measureOpenBreaker,
  'accept-path': measureAcceptPath,
  backlog: measureBacklog,
  ledger: measureLedger,
};
