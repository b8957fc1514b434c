import type { Checker } from './checker.ts';

/** What an operator would run: `gateway verify --simulators`. */
export const verifyAgrees: Checker = {
  name: 'verify agrees',
  check: ({ verify }) => (verify.code === 0 ? [] : [{ says: `verify says:\n${verify.output}` }]),
};
