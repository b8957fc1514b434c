/** Three keys of our own, by what they protect: who may read logs has no business with secrets. */
import { Construct, KmsAlias, KmsKey } from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';
import type { Context, Keys } from '../stacks/parts.ts';
import { administrators, policy, type Statement } from '../stacks/policy.ts';
import { daysToRegret, keep } from '../stacks/protection.ts';

export function makeKey(
  scope: Construct,
  settings: Settings,
  name: string,
  description: string,
  ...users: Statement[]
): KmsKey {
  const key = new KmsKey(scope, name, {
    description: `${settings.name}: ${description}`,
    enableKeyRotation: true,
    deletionWindowInDays: daysToRegret(settings).key,
    policy: policy(administrators(settings), ...users),
    lifecycle: keep(settings),
  });
  new KmsAlias(scope, `${name}_alias`, {
    name: `alias/${settings.name}-${name}`,
    targetKeyId: key.keyId,
  });
  return key;
}

export function makeKeys({ stack, settings }: Context): Keys {
  const scope = new Construct(stack, 'key');
  return {
    secretsArn: makeKey(scope, settings, 'secrets', 'what tasks may read at their start').arn,
    dataArn: makeKey(scope, settings, 'data', 'what Postgres, Redis and Kafka store').arn,
    logsArn: makeKey(scope, settings, 'logs', 'logs and alarms', ...writersOfLogs(settings)).arn,
  };
}

/** CloudWatch writes logs and sends alarms under its own name, so the key itself must know it. */
function writersOfLogs({ region, account }: Settings): Statement[] {
  return [
    {
      Sid: 'Logs',
      Principal: { Service: `logs.${region}.amazonaws.com` },
      Action: [
        'kms:Encrypt*',
        'kms:Decrypt*',
        'kms:ReEncrypt*',
        'kms:GenerateDataKey*',
        'kms:Describe*',
      ],
      Resource: '*',
      Condition: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${region}:${account}:*` },
      },
    },
    {
      Sid: 'Alarms',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': account } },
    },
  ];
}
