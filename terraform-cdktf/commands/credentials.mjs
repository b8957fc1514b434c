// A setting that must never go back, whoever forgot it: credentialsVersion.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { terraformSays } from './terraform.mjs';

const OUTPUT = 'credentials_version';

/**
 * A lower number would make an earlier user of Postgres anew, under another password, and take the present
 * one of Kafka away: tasks that run would be shut out. False when that was about to happen, and said.
 */
export function isForward(folder) {
  const { output = {} } = JSON.parse(readFileSync(join(folder, 'main.tf.json'), 'utf8'));
  const wanted = output[OUTPUT]?.value;
  if (wanted === undefined) return true;
  const present = JSON.parse(terraformSays(folder, ['output', '-json']) ?? '{}')[OUTPUT]?.value;
  if (present === undefined || Number(wanted) >= Number(present)) return true;
  process.stderr.write(
    `credentialsVersion: expected ${present} or more, which this deployment has; found ${wanted}.\n` +
      'Put it into the settings file. To leave the present users, take one more, not one less.\n',
  );
  return false;
}
