/** Who talked to whom: the first question after an incident, and unanswerable afterwards without it. */
import { CloudwatchLogGroup, type Construct, FlowLog, IamRole, IamRolePolicy } from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';
import type { Keys } from '../stacks/parts.ts';
import { policy, type Statement, trust } from '../stacks/policy.ts';

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
  const written = new IamRolePolicy(scope, 'flow_logs_write', {
    name: 'write',
    role: role.name,
    policy: policy(...writeStatements(settings)),
    // After the group, so that it goes before it: late records must not make the group anew.
    dependsOn: [logs],
  });
  new FlowLog(scope, 'flows', {
    vpcId,
    trafficType: 'ALL',
    logDestination: logs.arn,
    iamRoleArn: role.arn,
    tags: { Name: settings.name },
    // A role is of no use before its policy.
    dependsOn: [written],
  });
}

/** Source: VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs", "at least". */
function writeStatements({ region, account, name }: Settings): Statement[] {
  const group = `arn:aws:logs:${region}:${account}:log-group:/${name}/network-flows`;
  return [
    {
      Action: [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        'logs:DescribeLogStreams',
      ],
      Resource: [group, `${group}:*`],
    },
    // A list is of all groups: AWS has no narrower resource that finds ours.
    { Action: 'logs:DescribeLogGroups', Resource: '*' },
  ];
}
