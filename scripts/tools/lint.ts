/** What hadolint says of the Dockerfile and actionlint of the workflows; empty: nothing. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../servers/paths.ts';
import { run } from '../servers/programs.ts';
import { findActionlint, findHadolint, findShellcheck, type Log } from './find.ts';

export async function lintDockerfile(log?: Log): Promise<string> {
  const hadolint = await findHadolint(log);
  return said(hadolint, ['--failure-threshold', 'style', '--no-color', 'Dockerfile']);
}

export async function lintWorkflows(log?: Log): Promise<string> {
  const [actionlint, shellcheck] = await Promise.all([findActionlint(log), findShellcheck(log)]);
  const files = globSync(join('.github', 'workflows', '*.yml'), { cwd: repositoryRoot }).sort();
  // Python's linter is named empty: what is on a machine must not change the outcome.
  return said(actionlint, ['-no-color', '-shellcheck', shellcheck, '-pyflakes=', ...files]);
}

async function said(program: string, args: readonly string[]): Promise<string> {
  const options = { cwd: repositoryRoot, allowFailure: true };
  const { code, stdout, stderr } = await run(program, args, options);
  const words = `${stdout}${stderr}`.trim();
  return code === 0 ? words : words || `${program} exited with ${code} and said nothing`;
}
