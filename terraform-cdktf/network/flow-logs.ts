/** Who talked to whom: the first question after an incident, and unanswerable afterwards without it. */
import { CloudwatchLogGroup, type Construct, FlowLog, IamRole, IamRolePolicy } from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';
import type { Keys } from '../stacks/parts.ts';
import { policy, trust } from '../stacks/policy.ts';

export function recordFlows(scope: Construct, settings: Settings, vpcId: string, keys: Keys): void {
  const logs = new CloudwatchLogGroup(scope, 'flow_logs', {
    name: `/${settings.name}/network-flows`,
    retentionInDays: settings.logDays,
    kmsKeyId: keys.logsArn,
  });
  const role = new IamRole(scope, 'flow_logs_role', {
    name: `${settings.name}-network-flows`,
    assumeRolePolicy: trust('vpc-flow-logs.amazonaws.com', settings),
  });
  new IamRolePolicy(scope, 'flow_logs_write', {
    name: 'write',
    role: role.name,
    policy: policy({
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
      Resource: `arn:aws:logs:${settings.region}:${settings.account}:log-group:/${settings.name}/network-flows:*`,
    }),
  });
  new FlowLog(scope, 'flows', {
    vpcId,
    trafficType: 'ALL',
    logDestination: logs.arn,
    iamRoleArn: role.arn,
    tags: { Name: settings.name },
  });
}
