/**
 * Where alarms go: a topic, encrypted, with each address as a subscriber who has to say yes once.
 */
import { type Construct, SnsTopic, SnsTopicPolicy, SnsTopicSubscription } from '../cdktf.ts';
import type { Context, Keys } from '../stacks/parts.ts';
import { policy } from '../stacks/policy.ts';

/** Its ARN. */
export function makeAlarmTopic({ settings }: Context, scope: Construct, keys: Keys): string {
  const { name, region, account } = settings;
  const { arn } = new SnsTopic(scope, 'alarm_topic', {
    name: `${name}-alarms`,
    kmsMasterKeyId: keys.logsArn,
  });
  new SnsTopicPolicy(scope, 'alarm_topic_policy', {
    arn,
    policy: policy({
      Sid: 'Alarms',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: arn,
      Condition: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:${region}:${account}:alarm:${name}-*` },
      },
    }),
  });
  for (const endpoint of settings.alarmEmails) {
    // By address, not by place: who is taken off the list takes nobody else's subscription along.
    const id = endpoint.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
    new SnsTopicSubscription(scope, `alarm_to_${id}`, {
      topicArn: arn,
      protocol: 'email',
      endpoint,
    });
  }
  return arn;
}
