/** Kafka as the worker reaches it. */
import { type ITerraformDependable, MskScramSecretAssociation } from '../cdktf.ts';
import type { Access, Context, Keys, Network, SecurityGroups } from '../stacks/parts.ts';
import { makeMsk } from './msk.ts';
import { accessTo, objectOf, type Secrets } from './secrets.ts';

export interface Kafka {
  kafka: Access;
  kafkaClusterName: string | null;
  ready: readonly ITerraformDependable[];
}

const CREDENTIALS = { KAFKA_USER: 'username', KAFKA_PASSWORD: 'password' };

export function makeKafka(
  context: Context,
  network: Network,
  groups: SecurityGroups,
  keys: Keys,
  secrets: Secrets,
): Kafka {
  const { stack, settings } = context;
  if (settings.existingKafkaBrokers !== null) return existing(context);
  const cluster = makeMsk(context, network, groups.kafka!, keys);
  // The version before stays a user of the brokers, so that tasks of it keep working until they go.
  const version = settings.credentialsVersion;
  const versions = version === 1 ? [version] : [version - 1, version];
  const users = versions.map((each) => makeUser(context, secrets, each));
  const association = new MskScramSecretAssociation(stack, 'kafka_users', {
    clusterArn: cluster.arn,
    secretArnList: users.map(({ arn }) => arn),
    dependsOn: users.flatMap(({ value, readers }) => [value, ...readers]),
  });
  return {
    kafka: {
      ...users.at(-1)!.access,
      environment: addresses(cluster.bootstrapBrokersSaslScram, true),
    },
    kafkaClusterName: cluster.clusterName,
    ready: [association],
  };
}

function makeUser({ settings }: Context, secrets: Secrets, version: number) {
  return secrets.make(`kafka_${version}`, {
    // MSK takes only names that begin like this, and only under a key of our own.
    name: `AmazonMSK_${settings.name}_${version}`,
    description: `User ${version} of Kafka`,
    variables: CREDENTIALS,
    value: objectOf({
      username: `"gateway_${version}"`,
      password: secrets.random(`kafka_${version}`),
    }),
    reader: 'kafka.amazonaws.com',
    // MSK must let go of a user before its secret is deleted.
    outlivesItsUse: true,
  });
}

function existing({ settings }: Context): Kafka {
  const arn = settings.existingKafkaSecretArn;
  const access = arn === null ? { secrets: {}, secretArns: [] } : accessTo(arn, CREDENTIALS);
  const environment = addresses(settings.existingKafkaBrokers!, settings.existingKafkaTls);
  return { kafka: { ...access, environment }, kafkaClusterName: null, ready: [] };
}

function addresses(brokers: string, isTls: boolean): Record<string, string> {
  return {
    KAFKA_BROKERS: brokers,
    KAFKA_TLS: String(isTls),
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
  };
}
