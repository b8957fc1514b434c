import { globSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../servers/paths.ts';

/**
 * Test files of a folder, relative to the root. Each filter is a path, or any part of one; a file is
 * taken if one filter matches.
 */
export function findTests(filters: readonly string[], folder = 'test'): string[] {
  const wanted = filters.map((filter) => filter.replace(/^\.\//, ''));
  return globSync(join(folder, '**', '*.test.ts'), { cwd: repositoryRoot })
    .sort()
    .filter((file) => wanted.length === 0 || wanted.some((filter) => file.includes(filter)));
}

/** Unit tests and the simulation touch nothing outside their process. */
export function needsServers(files: readonly string[]): boolean {
  const alone = [join('test', 'unit'), join('test', 'simulation')];
  return files.some((file) => !alone.some((folder) => file.startsWith(folder)));
}
