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

/** A unit test touches nothing outside its process. */
export function needsServers(files: readonly string[]): boolean {
  return files.some((file) => !file.startsWith(join('test', 'unit')));
}
