import { join } from 'node:path';
import { findProgram, makeInstallPackages, run } from '../servers/programs.ts';
import { fillOnce } from './once.ts';

/** Checkov brings a hundred packages: half a minute on a good line. */
const INSTALL_LIMIT_MS = 10 * 60_000;

type Log = (line: string) => void;

/**
 * The folder of programs of a Python environment that holds exactly this package at this version, and its
 * companions, such as `docker==7.2.0`.
 */
export async function pythonPrograms(
  name: string,
  version: string,
  log: Log,
  companions: readonly string[] = [],
): Promise<string> {
  const folder = await fillOnce(`${name}-${version}`, async (target) => {
    log(`fetching ${name} ${version} with pip (once)`);
    await makeEnvironment(target, log);
    const pip = join(target, 'bin', 'pip');
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    const args = ['install', ...quiet, `${name}==${version}`, ...companions];
    await run(pip, args, { timeoutMs: INSTALL_LIMIT_MS });
  });
  return join(folder, 'bin');
}

/** An environment of its own, since many systems refuse to install beside their own packages. */
async function makeEnvironment(folder: string, log: Log): Promise<void> {
  const installPackages = makeInstallPackages(log);
  if (!findProgram('python3') && !(await installPackages('python3'))) {
    throw new Error('python3 is missing: install Python 3.10 or newer');
  }
  const make = () =>
    run('python3', ['-m', 'venv', folder], { timeoutMs: INSTALL_LIMIT_MS, allowFailure: true });
  if ((await make()).code === 0) return;
  // Debian splits `venv` from the rest of Python.
  await installPackages('python3-venv');
  const { code, stdout, stderr } = await make();
  if (code === 0) return;
  const said = `${stdout}${stderr}`.trim();
  throw new Error(
    `\`python3 -m venv\` does not work; install its package (python3-venv):\n${said}`,
  );
}
