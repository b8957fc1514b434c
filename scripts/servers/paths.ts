import { resolve } from 'node:path';

/** Where package.json lies. */
export const repositoryRoot = resolve(import.meta.dirname, '..', '..');

/** Downloads and generated things that survive between runs; in .gitignore. */
export const cacheFolder = resolve(repositoryRoot, '.cache');
