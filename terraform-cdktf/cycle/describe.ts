/** What of AWS is not here, and what stands in for it: said at the start of each cycle. */
import { GRACE_LIMIT_SECONDS } from './agent/health.ts';
import { EMULATOR } from './emulator.ts';

/** Settings of the sandbox that the emulator cannot carry, and why. */
export const LEFT_OUT = {
  autoscaling: { value: false, why: 'the emulator has no application autoscaling' },
  kafkaMinReplication: {
    value: 1,
    why: 'one real broker instead of MSK, which the emulator lacks',
  },
} as const;

export function describeCycle(): string {
  const settings = Object.entries(LEFT_OUT).map(
    ([name, { value, why }]) => `  ${name}=${value}: ${why}; the plan's test covers it`,
  );
  return [
    `the AWS API is ${EMULATOR}; the preset is sandbox, but for`,
    ...settings,
    '  existingPostgres…, existingRedis…, existingKafka…: real servers of this machine, without TLS',
    'the emulator starts containers and forwards requests. Added here, from the task definition:',
    '  user, read-only root, dropped capabilities, init process, memory, dependsOn, stop timeout,',
    `  health checks before a task is a target (grace ${GRACE_LIMIT_SECONDS} s at most), Cloud Map's names`,
    'Terraform is answered through a front that completes what the emulator forgets of what it was told:',
    '  fields of alarms, flow logs and ECS services; a failed deployment without tasks is over',
  ].join('\n');
}
