/** Redis saves time and holds nothing that Postgres has not: no backups of it. */
import {
  Construct,
  ElasticacheParameterGroup,
  ElasticacheReplicationGroup,
  ElasticacheSubnetGroup,
  Fn,
} from '../cdktf.ts';
import { skipCheck } from '../stacks/checkov.ts';
import type { Access, Context, Keys, Network, SecurityGroups } from '../stacks/parts.ts';
import { accessTo, objectOf, type Secrets } from './secrets.ts';

export interface Redis {
  redis: Access;
  redisReplicationGroupId: string | null;
}

const CREDENTIALS = { REDIS_PASSWORD: 'password' };

export function makeRedis(
  context: Context,
  network: Network,
  groups: SecurityGroups,
  keys: Keys,
  secrets: Secrets,
): Redis {
  const { settings } = context;
  if (settings.existingRedisHost !== null) return existing(context, settings.existingRedisHost);
  const server = makeServer(context, network, groups.redis!, keys);
  const { access } = secrets.make('redis', {
    name: `${settings.name}/redis`,
    description: 'The AUTH token of Redis',
    variables: CREDENTIALS,
    value: objectOf({
      password: `aws_elasticache_replication_group.${server.friendlyUniqueId}.auth_token`,
    }),
  });
  return {
    redis: { ...access, environment: address(server.primaryEndpointAddress, 6_379, true) },
    redisReplicationGroupId: server.replicationGroupId,
  };
}

function existing({ settings }: Context, host: string): Redis {
  const arn = settings.existingRedisSecretArn;
  const access = arn === null ? { secrets: {}, secretArns: [] } : accessTo(arn, CREDENTIALS);
  const environment = address(host, settings.existingRedisPort, settings.existingRedisTls);
  return { redis: { ...access, environment }, redisReplicationGroupId: null };
}

function address(host: string, port: number, isTls: boolean): Record<string, string> {
  return { REDIS_HOST: host, REDIS_PORT: String(port), REDIS_TLS: String(isTls) };
}

function makeServer(
  { stack, settings }: Context,
  network: Network,
  group: string,
  keys: Keys,
): ElasticacheReplicationGroup {
  const scope = new Construct(stack, 'redis');
  const subnets = new ElasticacheSubnetGroup(scope, 'subnets', {
    name: settings.name,
    subnetIds: [...network.privateSubnetIds],
  });
  const parameters = new ElasticacheParameterGroup(scope, 'parameters', {
    name: settings.name,
    family: 'redis7',
    description: `${settings.name}: nothing is evicted`,
    // A claim that is evicted is a claim that was never made; a refused write asks Postgres instead.
    parameter: [{ name: 'maxmemory-policy', value: 'noeviction' }],
  });
  const hasCopies = settings.redisReplicas > 0;
  const server = new ElasticacheReplicationGroup(scope, 'server', {
    replicationGroupId: settings.name,
    description: `${settings.name}: answers and rate limits`,
    engine: 'redis',
    engineVersion: '7.1',
    nodeType: settings.redisNodeType,
    numCacheClusters: 1 + settings.redisReplicas,
    automaticFailoverEnabled: hasCopies,
    multiAzEnabled: hasCopies,
    port: 6_379,
    subnetGroupName: subnets.name,
    securityGroupIds: [group],
    parameterGroupName: parameters.name,
    transitEncryptionEnabled: true,
    atRestEncryptionEnabled: 'true',
    kmsKeyId: keys.dataArn,
    // The one secret that stands in the state: this argument has no write-only form. It is drawn once
    // (two UUIDs: 244 bits), masked in every plan, and copied from here into the secret that tasks
    // read. Later plans draw again and must not care; it is rotated as docs/operations.md says.
    authToken: Fn.replace(Fn.join('', [Fn.uuid(), Fn.uuid()]), '-', ''),
    authTokenUpdateStrategy: 'ROTATE',
    autoMinorVersionUpgrade: 'true',
    // As Postgres: an apply is done when it ends.
    applyImmediately: true,
    lifecycle: { ignoreChanges: ['auth_token'] },
  });
  if (!hasCopies) {
    skipCheck(server, 'CKV2_AWS_50', 'redisReplicas is 0: a sandbox pays for one node');
  }
  return server;
}
