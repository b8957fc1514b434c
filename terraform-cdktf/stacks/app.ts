import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App } from '../cdktf.ts';

/** CDKTF makes a folder for its own synthesis, which we leave unused: here, and not where one stands. */
export function makeApp(): App {
  const outdir = resolve(import.meta.dirname, '../out/.cdktf');
  // Both levels: it would make them itself, but not for two processes at once.
  mkdirSync(join(outdir, 'stacks'), { recursive: true });
  return new App({ outdir, skipValidation: true });
}
