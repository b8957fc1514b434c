/**
 * A log group for each role: encrypted, kept for as long as the settings say, and gone with the
 * stack.
 */
import { CloudwatchLogGroup, type Construct } from '../cdktf.ts';
import { skipCheck } from '../stacks/checkov.ts';
import type { Context, Keys } from '../stacks/parts.ts';

export interface LogGroupOptions {
  id: string;
  /** With its slash at the beginning. */
  name: string;
  /** Not as long as the settings say. */
  shorter?: { days: number; reason: string };
}

/** What Checkov wants at least. */
const YEAR_DAYS = 365;

export function makeLogGroup(
  { settings }: Context,
  scope: Construct,
  keys: Keys,
  { id, name, shorter }: LogGroupOptions,
): CloudwatchLogGroup {
  const days = shorter?.days ?? settings.logDays;
  const group = new CloudwatchLogGroup(scope, id, {
    name,
    retentionInDays: days,
    kmsKeyId: keys.logsArn,
  });
  if (days < YEAR_DAYS) {
    skipCheck(group, 'CKV_AWS_338', shorter?.reason ?? 'The team chose a shorter time by logDays');
  }
  return group;
}
