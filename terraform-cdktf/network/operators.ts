/** A way in for people with a runbook in their hands: a group of theirs, never an address. */
import { type Construct, VpcSecurityGroupIngressRule } from '../cdktf.ts';
import { OPS_PORT, portsOf } from '../settings/ports.ts';
import type { Settings } from '../settings/schema.ts';
import type { SecurityGroups } from '../stacks/parts.ts';

/** The other end, out of their own group, is theirs to open. */
export function admitOperators(scope: Construct, settings: Settings, groups: SecurityGroups): void {
  const { operatorSecurityGroupId: operators } = settings;
  if (operators === null) return;
  const ports = portsOf(settings);
  const doors: [name: string, group: string | null, port: number][] = [
    ['postgres', groups.postgres, ports.postgres],
    ['redis', groups.redis, ports.redis],
    ...ports.kafka.map((port): [string, string | null, number] => ['kafka', groups.kafka, port]),
    ['api', groups.api, OPS_PORT],
    ['worker', groups.worker, OPS_PORT],
  ];
  for (const [name, group, port] of doors) {
    if (group === null) continue;
    new VpcSecurityGroupIngressRule(scope, `operators_to_${name}_${port}`, {
      securityGroupId: group,
      referencedSecurityGroupId: operators,
      ipProtocol: 'tcp',
      fromPort: port,
      toPort: port,
      description: 'from operators, by operatorSecurityGroupId',
    });
  }
}
