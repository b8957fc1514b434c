/** Kafka by MSK: brokers in every zone, TLS and SCRAM alone. */
import { CloudwatchLogGroup, Construct, MskCluster, MskConfiguration } from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';
import type { Context, Keys, Network } from '../stacks/parts.ts';
import { keep } from '../stacks/protection.ts';
import { growStorage } from './msk-storage.ts';

const VOLUME_SIZE = 'broker_node_group_info[0].storage_info[0].ebs_storage_info[0].volume_size';

export function makeMsk(
  { stack, settings }: Context,
  network: Network,
  group: string,
  keys: Keys,
): MskCluster {
  const scope = new Construct(stack, 'kafka');
  const configuration = new MskConfiguration(scope, 'configuration', {
    name: settings.name,
    // Without Kafka's version: another one would replace what a running cluster still uses.
    serverProperties: serverProperties(settings),
  });
  const logs = new CloudwatchLogGroup(scope, 'logs', {
    name: `/${settings.name}/kafka`,
    retentionInDays: settings.logDays,
    kmsKeyId: keys.logsArn,
  });
  const cluster = new MskCluster(scope, 'cluster', {
    clusterName: settings.name,
    kafkaVersion: settings.kafkaVersion,
    numberOfBrokerNodes: settings.kafkaBrokers,
    brokerNodeGroupInfo: {
      instanceType: settings.kafkaInstanceType,
      clientSubnets: [...network.privateSubnetIds],
      securityGroups: [group],
      storageInfo: { ebsStorageInfo: { volumeSize: settings.kafkaStorageGib } },
    },
    configurationInfo: { arn: configuration.arn, revision: configuration.latestRevision },
    clientAuthentication: { sasl: { scram: true } },
    encryptionInfo: {
      encryptionAtRestKmsKeyArn: keys.dataArn,
      encryptionInTransit: { clientBroker: 'TLS', inCluster: true },
    },
    loggingInfo: { brokerLogs: { cloudwatchLogs: { enabled: true, logGroup: logs.name } } },
    // What autoscaling has added must not be taken for a mistake: disks never shrink.
    lifecycle: keep(settings, settings.autoscaling ? { ignoreChanges: [VOLUME_SIZE] } : {}),
  });
  if (settings.autoscaling) growStorage(scope, settings, cluster.arn);
  return cluster;
}

/** One copy fewer than there are must have a message before it counts as written. */
function serverProperties({ kafkaMinReplication: copies }: Settings): string {
  const properties = {
    'auto.create.topics.enable': false,
    'default.replication.factor': copies,
    'min.insync.replicas': Math.max(1, copies - 1),
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': Math.max(1, copies - 1),
    'unclean.leader.election.enable': false,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
