import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '../..');
const MAX_LINES = 300;
/** A suite that runs against several implementations may be longer than any source. */
const MAX_TEST_LINES = 450;
const MAX_COLUMNS = 120;

interface SourceFile {
  path: string;
  lines: string[];
  /** Paths of our own files that it imports, from the root. */
  imports: string[];
}

const IMPORT = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const imports = [...text.matchAll(IMPORT)].map(([, target]) =>
    normalize(join(dirname(path), target as string)),
  );
  return { path, lines: text.split('\n'), imports };
}

const files = [
  'src/**/*.ts',
  'providers/**/*.ts',
  'test/**/*.ts',
  'scripts/**/*.ts',
  'bench/**/*.ts',
  'terraform-cdktf/**/*.{ts,mjs}',
]
  .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: ['**/node_modules'] }))
  .map(read);
const sources = files.filter(({ path }) => /^(src|providers)\//.test(path));

/** The part of the house that a file belongs to. */
function roomOf(path: string): string {
  const adapter = /^src\/adapters\/([^/]+)\//.exec(path);
  if (adapter) return `adapter ${adapter[1]}`;
  const provider = /^providers\/([^/]+)\/(simulator)?/.exec(path);
  if (provider) return `${provider[2] ?? 'provider'} ${provider[1]}`;
  if (path.startsWith('src/domain/')) return 'domain';
  if (path.startsWith('src/usecases/')) return 'usecases';
  if (path.startsWith('src/config/') || path === 'src/config.ts') return 'config';
  if (/^src\/(log|metrics|tracing|system)(\/|\.ts)/.test(path)) return 'ports of the process';
  return 'root';
}

function mayImport(from: string, to: string): boolean {
  if (from === to || from === 'root' || to === 'domain') return true;
  return from === 'usecases' && to === 'domain';
}

function offences(check: (file: SourceFile) => string[]): string[] {
  return sources.flatMap(check);
}

function linesWith(pattern: RegExp, within: (path: string) => boolean): string[] {
  return files
    .filter(({ path }) => within(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    );
}

const isSource = (path: string) => /^(src|providers)\//.test(path);
const isTest = (path: string) => /^(terraform-cdktf\/)?test\//.test(path);
const isPure = (path: string) => /^src\/(domain|usecases)\//.test(path);

describe('the house is tidy', () => {
  it('imports go inwards: nothing outside the roots knows another room', () => {
    const wrong = offences(({ path, imports }) =>
      imports
        .filter((target) => !mayImport(roomOf(path), roomOf(target)))
        .map((target) => `${path} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('the domain imports no package and no part of Node', () => {
    const wrong = linesWith(/from '(?!\.)/, (path) => path.startsWith('src/domain/'));
    assert.deepEqual(wrong, []);
  });

  it('an adapter and its simulator share no code but the domain', () => {
    const isProvider = ({ path }: SourceFile) => path.startsWith('providers/');
    const wrong = sources.filter(isProvider).flatMap(({ path, imports }) => {
      const isSimulator = /^providers\/.*\/simulator/.test(path);
      return imports
        .filter((target) => target.startsWith('providers/'))
        .filter((target) => /\/simulator/.test(target) !== isSimulator)
        .map((target) => `${path} imports ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('files stay small and lines stay readable', () => {
    const limitOf = (path: string) => (isTest(path) ? MAX_TEST_LINES : MAX_LINES);
    const long = files.filter(({ path, lines }) => lines.length > limitOf(path) + 1);
    assert.deepEqual(
      long.map(({ path, lines }) => `${path}: ${lines.length}`),
      [],
    );
    const wide = sources.flatMap(({ path, lines }) =>
      lines.flatMap((line, i) => (line.length > MAX_COLUMNS ? [`${path}:${i + 1}`] : [])),
    );
    assert.deepEqual(wide, []);
  });

  it('only config and the executable read the environment, and nothing logs to the console', () => {
    const reads = linesWith(/process\.env\b/, (path) => isSource(path) && !READS_ENV.has(path));
    assert.deepEqual(reads, []);
    assert.deepEqual(linesWith(/\bconsole\./, isSource), []);
  });

  it('the core takes time and chance from outside', () => {
    const pattern = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b/;
    assert.deepEqual(linesWith(pattern, isPure), []);
  });

  it('no test is skipped in silence or runs alone', () => {
    const pattern = /\b(it|test|describe)\.(only|skip|todo)\b/;
    const others = (path: string) => isTest(path) && !path.endsWith('tidy.test.ts');
    assert.deepEqual(linesWith(pattern, others), []);
  });

  it('every file is used', () => {
    const used = new Set(files.flatMap(({ imports }) => imports));
    const isEntry = (path: string) =>
      /\.test\.ts$/.test(path) ||
      /^(scripts|bench|terraform-cdktf\/commands)\//.test(path) ||
      path.endsWith('/main.ts');
    // A file may also be started as a process, by its name.
    const isStarted = (path: string) =>
      files.some(({ lines }) => lines.some((line) => line.includes(`/${basename(path)}'`)));
    const unused = files.filter(
      ({ path }) => !used.has(path) && !isEntry(path) && !isStarted(path),
    );
    assert.deepEqual(
      unused.map(({ path }) => path),
      [],
    );
  });
});

/** `PATH` for the programs that embedded Postgres runs is all that an adapter may need of it. */
const READS_ENV = new Set([
  'src/main.ts',
  'src/config.ts',
  'src/adapters/embedded-postgres/server.ts',
]);
