import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** @default 60,000; every program that we wait for must end. */
  timeoutMs?: number;
  /** Resolve whatever the exit code; otherwise anything but 0 throws. */
  allowFailure?: boolean;
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** How much of a failed program's output goes into the error message. */
const SHOWN_CHARACTERS = 2000;

/** Runs a program to its end. No shell: arguments arrive as they are. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env, timeoutMs = 60_000, allowFailure = false }: RunOptions = {},
): Promise<RunResult> {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(timeoutMs),
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        cause.name === 'AbortError'
          ? new Error(`${command} took longer than ${timeoutMs} ms`, { cause })
          : new Error(`${command} could not be started: ${cause.message}`, { cause }),
      ),
    );
    child.once('close', (exitCode) => resolve(exitCode ?? 1));
  });
  if (code === 0 || allowFailure) return { code, stdout, stderr };
  const said = `${stdout}${stderr}`.trim().slice(-SHOWN_CHARACTERS);
  throw new Error(`${command} ${args.join(' ')} exited with ${code}:\n${said}`);
}

/** The path of a program on PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  // Debian keeps a few programs that we use (useradd) where a user's PATH may not look.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return undefined;
}

export type InstallPackages = (...names: string[]) => Promise<boolean>;

const APT_LIMIT_MS = 5 * 60_000;

/**
 * Installs Debian packages when this is root on Debian; resolves to false elsewhere. One call runs at a
 * time, since dpkg holds a lock and two servers may each miss a package.
 */
export function makeInstallPackages(log: (line: string) => void): InstallPackages {
  let last: Promise<unknown> = Promise.resolve();

  async function install(names: string[]): Promise<boolean> {
    const isRoot = process.getuid?.() === 0;
    if (!isRoot || !existsSync('/etc/debian_version') || !findProgram('apt-get')) return false;
    log(`installing Debian's ${names.join(', ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = { env, timeoutMs: APT_LIMIT_MS };
    const lock = ['-o', 'DPkg::Lock::Timeout=120'];
    const args = [...lock, 'install', '--yes', '--no-install-recommends', ...names];
    const first = await run('apt-get', args, { ...options, allowFailure: true });
    if (first.code === 0) return true;
    // Most likely the package lists are missing or out of date.
    await run('apt-get', [...lock, 'update'], options);
    await run('apt-get', args, options);
    return true;
  }

  return (...names) => {
    const next = last.then(() => install(names));
    last = next.catch(() => undefined);
    return next;
  };
}
