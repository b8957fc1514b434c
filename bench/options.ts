import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Rounds of each figure: pairs of reference and ours where there is a reference. */
  pairs: number;
  /** Measured time of one load. */
  seconds: number;
  /** Connections of the closed loops. */
  connections: number;
  /** Parts of figures' names; empty for all. */
  only: string[];
  /** Exit 1 when a figure misses its mark. */
  strict: boolean;
}

export const HELP = `npm run bench -- [--pairs 5] [--seconds 5] [--connections 64] [--strict] [figure …]

Measures the gateway on real servers of this machine, each figure beside its reference. A figure's name, or
a part of it, picks that figure alone. --strict exits 1 when a figure misses its mark.`;

const LIMITS = { pairs: 100, seconds: 600, connections: 1_000 } as const;

/** Throws a sentence for whoever typed the command. */
export function readOptions(args: string[]): BenchOptions | 'help' {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      pairs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      connections: { type: 'string', default: '64' },
      strict: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const count = (name: keyof typeof LIMITS) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1 && value <= LIMITS[name]) return value;
    throw new Error(`--${name} is a whole number from 1 to ${LIMITS[name]}`);
  };
  return {
    pairs: count('pairs'),
    seconds: count('seconds'),
    connections: count('connections'),
    only: positionals,
    strict: values.strict,
  };
}
