/** The first merchant, by the very command that the stack's output gives to a person. */
import { delimiter } from 'node:path';
import { run } from '../../scripts/servers/programs.ts';
import { pythonPrograms } from '../../scripts/tools/python.ts';
import { REGION } from './clients.ts';

const COMMAND_LIMIT_MS = 4 * 60_000;

/** Resolves to the API key. */
export async function makeFirstMerchant(
  command: string,
  { env: given, log }: { env: NodeJS.ProcessEnv; log: (line: string) => void },
): Promise<string> {
  const programs = await pythonPrograms('awscli', '1.46.3', log);
  // PyPI has the CLI's first version, which reads the region under another name than the second.
  const env = {
    ...given,
    AWS_DEFAULT_REGION: REGION,
    PATH: `${programs}${delimiter}${process.env.PATH}`,
  };
  const options = { env, timeoutMs: COMMAND_LIMIT_MS, allowFailure: true };
  const { code, stdout, stderr } = await run('bash', ['-c', command], options);
  const key = /\bpga_\S{32,}/.exec(stdout)?.[0];
  if (code !== 0 || !key) throw new Error(`it ended with ${code}, no key:\n${stdout}${stderr}`);
  return key;
}
