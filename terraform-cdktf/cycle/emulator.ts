/** The AWS API on this machine: `ministack`, from PyPI at a pinned version, as a process of ours. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess } from '../../scripts/servers/managed-process.ts';
import { pythonPrograms } from '../../scripts/tools/python.ts';
import { ACCOUNT, REGION } from './clients.ts';

export interface Emulator extends AsyncDisposable {
  url: string;
  /** The Python that has Amazon's own models of every service. */
  python: string;
  output(): string;
}

export const EMULATOR = 'ministack 1.5.33';
/** One wait of the emulator for the engine: the longest start with its health checks, or a whole drain. */
const ENGINE_LIMIT_SECONDS = 400;

export async function startEmulator(options: {
  port: number;
  /** The agent's socket. */
  socket: string;
  folder: string;
  log: (line: string) => void;
}): Promise<Emulator> {
  const { port, socket, folder, log } = options;
  const programs = await pythonPrograms('ministack', '1.5.33', log, ['docker==7.2.0']);
  const url = `http://127.0.0.1:${port}`;
  const data = join(folder, 'emulator');
  await mkdir(data);
  const managed = await startProcess({
    name: 'emulator',
    command: join(programs, 'ministack'),
    args: [],
    cwd: data,
    env: {
      PATH: process.env.PATH,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_REGION: REGION,
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      MINISTACK_DOCKER_TIMEOUT: String(ENGINE_LIMIT_SECONDS),
      DOCKER_HOST: `unix://${socket}`,
      STATE_DIR: join(data, 'state'),
      S3_DATA_DIR: join(data, 's3'),
      TMPDIR: data,
    },
    ready: async () => {
      const { status } = await fetch(`${url}/_ministack/health`);
      if (status !== 200) throw new Error(`the emulator answered ${status}`);
    },
    stopTimeoutMs: 5000,
  });
  return {
    url,
    python: join(programs, 'python'),
    output: () => managed.output(),
    async [Symbol.asyncDispose]() {
      await managed.stop();
    },
  };
}
