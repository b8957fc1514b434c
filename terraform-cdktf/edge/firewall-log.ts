import {
  CloudwatchLogResourcePolicy,
  type Construct,
  Wafv2WebAclLoggingConfiguration,
} from '../cdktf.ts';
import { makeLogGroup } from '../observability/log-groups.ts';
import type { Context, Keys } from '../stacks/parts.ts';
import { policy } from '../stacks/policy.ts';

/** What was refused and why. What was let in stands in the access log already. */
export function logFirewall(
  context: Context,
  scope: Construct,
  keys: Keys,
  firewallArn: string,
): void {
  const { name, region, account } = context.settings;
  // WAF takes only names that begin like this.
  const group = makeLogGroup(context, scope, keys, {
    id: 'firewall_logs',
    name: `aws-waf-logs-${name}`,
  });
  // WAF would write one itself, for all firewalls of the account, and leave it behind.
  const writer = new CloudwatchLogResourcePolicy(scope, 'firewall_logs_policy', {
    policyName: `${name}-firewall`,
    policyDocument: policy({
      Principal: { Service: 'delivery.logs.amazonaws.com' },
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: `${group.arn}:*`,
      Condition: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:aws:logs:${region}:${account}:*` },
      },
    }),
  });
  new Wafv2WebAclLoggingConfiguration(scope, 'firewall_logging', {
    resourceArn: firewallArn,
    logDestinationConfigs: [group.arn],
    // An API key is a secret in a log, too.
    redactedFields: [{ singleHeader: { name: 'authorization' } }],
    loggingFilter: {
      defaultBehavior: 'DROP',
      filter: [
        {
          behavior: 'KEEP',
          requirement: 'MEETS_ANY',
          condition: [
            { actionCondition: { action: 'BLOCK' } },
            { actionCondition: { action: 'COUNT' } },
            { actionCondition: { action: 'EXCLUDED_AS_COUNT' } },
          ],
        },
      ],
    },
    dependsOn: [writer],
  });
}
