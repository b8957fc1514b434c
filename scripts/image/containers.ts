import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleEnvironment } from '../servers/role-environment.ts';
import type { Engine } from './engine.ts';

/** As the cloud runs it, and stricter: nothing writable at all, no capability, no way to gain one. */
const HARDENING = [
  '--read-only',
  '--cap-drop=all',
  '--security-opt=no-new-privileges',
  '--memory=512m',
  // The servers of this check listen on this machine's loopback.
  '--network=host',
];

const START_LIMIT_MS = 30_000;

export interface Containers extends AsyncDisposable {
  /** Starts a role that serves, and waits until `url` answers 200. */
  start(role: string, env: RoleEnvironment, url: string): Promise<Container>;
  /** Runs a command of the image to its end; throws with its output when it fails. */
  runToEnd(words: readonly string[], env: RoleEnvironment, entrypoint?: string): Promise<string>;
}

export interface Container {
  role: string;
  /** Runs a program inside; resolves to its exit code. */
  exec(...words: string[]): Promise<number>;
  /** SIGTERM, then waits for the end; the exit code, and how long it took. */
  terminate(limitMs: number): Promise<{ code: number; tookMs: number }>;
}

/** Containers of one image. Disposing removes those that still exist. */
export function makeContainers(engine: Engine, image: string): Containers {
  const prefix = `gateway-check-${randomBytes(4).toString('hex')}`;
  const names: string[] = [];

  async function call(args: readonly string[], timeoutMs?: number): Promise<string> {
    const { code, stdout, stderr } = await engine.client(args, timeoutMs);
    if (code !== 0) throw new Error(`${args.join(' ')} exited with ${code}:\n${stdout}${stderr}`);
    return stdout.trim();
  }

  function runArgs(env: RoleEnvironment): string[] {
    const name = `${prefix}-${names.length}`;
    names.push(name);
    const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    return ['--name', name, ...HARDENING, ...engine.runOptions, ...variables];
  }

  async function logs(name: string): Promise<string> {
    const { stdout, stderr } = await engine.client(['logs', '--tail', '30', name]);
    return `${stdout}${stderr}`;
  }

  async function untilServing(name: string, url: string): Promise<void> {
    const endsAt = performance.now() + START_LIMIT_MS;
    for (;;) {
      const status = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
        (response) => response.status,
        () => undefined,
      );
      if (status === 200) return;
      const running = await call(['inspect', '--format', '{{.State.Running}}', name]);
      if (running !== 'true' || performance.now() > endsAt) {
        throw new Error(`${name} does not serve ${url}; its last words:\n${await logs(name)}`);
      }
      await sleep(200);
    }
  }

  return {
    async start(role, env, url) {
      const args = runArgs(env);
      const name = names.at(-1) ?? '';
      await call(['run', '--detach', ...args, image, role]);
      await untilServing(name, url);
      return {
        role,
        exec: async (...words) => (await engine.client(['exec', name, ...words])).code,
        async terminate(limitMs) {
          const startedAt = performance.now();
          await call(['kill', '--signal', 'TERM', name]);
          const code = Number(await call(['wait', name], limitMs));
          if (code !== 0) throw new Error(`${role} exited with ${code}:\n${await logs(name)}`);
          return { code, tookMs: performance.now() - startedAt };
        },
      };
    },
    runToEnd(words, env, entrypoint) {
      const program = entrypoint ? ['--entrypoint', entrypoint] : [];
      return call(['run', ...runArgs(env), ...program, image, ...words]);
    },
    async [Symbol.asyncDispose]() {
      for (const name of names) await engine.client(['rm', '--force', name]);
    },
  };
}
