import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaughtBy, Edit, PlantedBug } from './bugs.ts';

const root = join(import.meta.dirname, '../..');
const COPIED = ['src', 'providers', 'test', 'scripts', 'docs', 'package.json', 'tsconfig.json'];
/** A bug that more schedules than this do not show has survived. */
const MOST_SCHEDULES = 20_000;
const LIMIT_MS = 300_000;

export interface Verdict {
  caught: boolean;
  /** By which checker or test, after how many schedules; or what happened instead. */
  detail: string;
}

/** Plants the bug in a copy of the tree and looks whether what should notice it does. */
export async function tryBug(bug: PlantedBug, seed: number): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-planted-'));
  try {
    await copyTree(folder);
    for (const edit of bug.edits) {
      const problem = await applyEdit(folder, edit);
      if (problem) return { caught: false, detail: problem };
    }
    const { caught } = bug;
    return caught.by === 'simulation'
      ? await bySimulation(folder, caught, seed)
      : await byTest(folder, caught.file, caught.test);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Without what was installed, which is linked. */
export async function copyTree(folder: string): Promise<void> {
  for (const name of COPIED) await cp(join(root, name), join(folder, name), { recursive: true });
  // What was installed and downloaded once serves the copies too.
  for (const name of ['node_modules', '.cache']) {
    if (existsSync(join(root, name))) await symlink(join(root, name), join(folder, name));
  }
}

/** null when it was applied. */
export async function applyEdit(folder: string, { file, from, to }: Edit): Promise<string | null> {
  const text = await readFile(join(folder, file), 'utf8').catch(() => '');
  const parts = text.split(from);
  if (parts.length !== 2) return `does not apply: ${parts.length - 1} places in ${file}`;
  await writeFile(join(folder, file), parts.join(to));
  return null;
}

async function bySimulation(
  folder: string,
  { checkers, failover }: Extract<CaughtBy, { by: 'simulation' }>,
  seed: number,
): Promise<Verdict> {
  const counts = ['--runs', String(MOST_SCHEDULES), '--seed', String(seed)];
  const args = ['scripts/simulate.ts', ...counts, ...(failover ? ['--failover'] : [])];
  const { code, output } = await runNode(folder, args);
  if (code === 0) return { caught: false, detail: `SURVIVED ${MOST_SCHEDULES} schedules` };
  const broken = [...output.matchAll(/^BROKEN: (.+)$/gm)].map(([, what = '']) => what);
  const hit = checkers.find((checker) => broken.some((what) => what.startsWith(`${checker}:`)));
  const at = /--runs 1 --seed (\d+)/.exec(output)?.[1];
  if (hit) return { caught: true, detail: `"${hit}", schedule ${Number(at) - seed + 1}` };
  const seen = broken[0] ?? output.trim().slice(-500);
  return { caught: false, detail: `not by its checker, but: ${seen}` };
}

async function byTest(folder: string, file: string, test: string): Promise<Verdict> {
  const { code, output } = await runNode(folder, ['scripts/test.ts', file]);
  const failed = output.split('\n').some((line) => line.includes('✖') && line.includes(test));
  if (code !== 0 && failed) return { caught: true, detail: `test "${test}"` };
  const what = code === 0 ? `SURVIVED ${file}` : `not by its test: ${output.trim().slice(-500)}`;
  return { caught: false, detail: what };
}

async function runNode(cwd: string, args: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, args, {
    cwd,
    // A test that starts tests is one of the runner's own otherwise, and says nothing to us.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code: code ?? 1, output };
}
