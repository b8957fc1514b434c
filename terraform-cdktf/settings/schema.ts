/**
 * Every setting of both stacks: its shape, its unit and why it exists. `presets.ts` has the values;
 * docs/deploy.md has one row for each, and a test keeps the two equal.
 */
import { z } from 'zod';
import { isRange } from '../network/ranges.ts';
import { STORAGE_GROWTH } from './limits.ts';

/** Reads well in "expected …". */
const expected = (words: string) => ({ error: () => words });

const text = (pattern: RegExp, words: string) => z.string(expected(words)).regex(pattern, words);
const flag = z.boolean(expected('true or false'));
const whole = (min: number, max: number) => {
  const words = `a whole number from ${min} to ${max}`;
  return z.int(expected(words)).min(min, words).max(max, words);
};
const choice = <const T extends readonly string[]>(...names: T) =>
  z.enum(names, expected(`one of ${names.join(', ')}`));
const list = (item: z.ZodType<string>, words: string) => z.array(item, expected(words));

const arn = (service: string) =>
  text(new RegExp(`^arn:aws:${service}:`), `an ARN that starts with arn:aws:${service}:`);
const subnetIds = list(text(/^subnet-[0-9a-f]+$/, 'subnet ids'), 'a list of subnet ids');
const range = (from: number, to: number, words: string) =>
  z.string(expected(words)).refine((value) => isRange(value, from, to), expected(words));
const cidr = range(8, 32, 'an IPv4 range such as 203.0.113.0/24, no wider than /8');
const host = text(/^[A-Za-z0-9.-]{1,253}$/, 'a host name or address');
const country = text(/^[A-Z]{2}$/, 'an ISO 3166 country of two letters');
const currencies = text(/^[A-Z]{3}(,[A-Z]{3})*$/, 'ISO 4217 codes, comma-separated');
/** Tasks may leave by no other port: network/security-groups.ts. */
const httpsUrl = text(
  /^https:\/\/[^\s/:@]+(:443)?(\/\S*)?$/,
  'an https URL at port 443, the one that tasks may leave by',
).nullable();

/** What Fargate offers at 1/4 to 4 processors. Source: ECS developer guide, "Task CPU and memory". */
const cpu = z.literal([256, 512, 1024, 2048, 4096], expected('256, 512, 1024, 2048 or 4096'));
const memory = whole(512, 30_720);

export const settingsSchema = z.strictObject({
  // Where and whose.
  preset: choice('sandbox', 'production'),
  name: text(
    /^(?=.{3,20}$)(?!sg-|internal-)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    '3 to 20 small letters, digits and single hyphens between them, not beginning with sg- or internal-',
  ),
  account: text(/^\d{12}$/, 'an AWS account id of 12 digits'),
  // Other partitions of AWS have ARNs of their own, which nothing here writes.
  region: text(
    /^(?!cn-)[a-z]{2}-[a-z]+-\d$/,
    'an AWS region such as eu-west-1; those of China, GovCloud and sovereign clouds are not served',
  ),
  owner: text(/^[\w .@-]{1,64}$/, 'up to 64 letters, digits, spaces and . @ - _'),
  costCentre: text(/^[\w .@-]{1,64}$/, 'up to 64 letters, digits, spaces and . @ - _'),
  image: text(
    /^[a-z0-9][a-z0-9.:/_-]*@sha256:[0-9a-f]{64}$/,
    'an image by digest: <repository>@sha256:<64 hex digits>',
  ).nullable(),
  stateBucket: text(/^[a-z0-9][a-z0-9.-]{2,62}$/, 'the name of an S3 bucket').nullable(),
  deletionProtection: flag,

  // Network.
  vpcCidr: range(16, 20, 'an IPv4 range from /16 to /20 such as 10.40.0.0/16'),
  zones: whole(2, 3),
  zoneNames: list(text(/^[a-z]{2}-[a-z]+-\d[a-z]$/, 'names of zones'), 'a list of names of zones'),
  natGateways: choice('one', 'one-per-zone'),
  vpcEndpoints: flag,
  flowLogs: flag,
  existingVpcId: text(/^vpc-[0-9a-f]+$/, 'a VPC id').nullable(),
  existingPublicSubnetIds: subnetIds,
  existingPrivateSubnetIds: subnetIds,
  existingServerCidrs: list(cidr, 'a list of IPv4 ranges'),
  operatorSecurityGroupId: text(/^sg-[0-9a-f]+$/, 'the id of a security group').nullable(),

  // Services.
  apiTasksMin: whole(1, 100),
  apiTasksMax: whole(1, 100),
  apiCpu: cpu,
  apiMemoryMib: memory,
  apiRequestsPerTask: whole(100, 1_000_000),
  apiCpuPercent: whole(10, 90),
  workerTasksMin: whole(1, 100),
  workerTasksMax: whole(1, 100),
  workerCpu: cpu,
  workerMemoryMib: memory,
  workerLagPerTask: whole(10, 10_000_000),
  autoscaling: flag,
  simulators: flag,
  executeCommand: flag,
  seedDialect: flag,
  timingProfile: choice('demo', 'standard'),

  // Providers. Their addresses; their credentials are in the secret.
  mtnBaseUrl: httpsUrl,
  mtnCountry: country,
  mtnCurrencies: currencies,
  mtnTargetEnvironment: text(/^[a-z]{3,40}$/, "MTN's name for the environment"),
  airtelBaseUrl: httpsUrl,
  airtelCountry: country,
  airtelCurrencies: currencies,
  failover: text(
    /^[A-Z0-9]+(>[A-Z0-9]+)+(,[A-Z0-9]+(>[A-Z0-9]+)+)*$/,
    'providers in order, the operator of the wallet first, such as MTN>AIRTEL, comma-separated',
  ).nullable(),
  existingProvidersSecretArn: arn('secretsmanager').nullable(),

  // Secrets.
  credentialsVersion: whole(1, 1_000),
  existingSecretsKeyArn: arn('kms').nullable(),

  // Postgres.
  postgresVersion: text(/^1[5-8](\.\d+)?$/, 'a version of Postgres such as 17 or 17.7'),
  postgresInstanceClass: text(/^db\.[a-z0-9]+\.[a-z0-9]+$/, 'an RDS instance class'),
  // RDS ends at 65,536, and it must have room to grow by itself.
  postgresStorageGib: whole(20, 65_536 / STORAGE_GROWTH),
  postgresMaxConnections: whole(50, 10_000),
  postgresMultiAz: flag,
  postgresBackupDays: whole(1, 35),
  postgresFinalSnapshot: flag,
  postgresMonitoring: flag,
  existingPostgresHost: host.nullable(),
  existingPostgresPort: whole(1, 65_535),
  existingPostgresName: text(/^[a-z_][a-z0-9_]{0,62}$/, 'the name of a database'),
  existingPostgresTls: flag,
  existingPostgresOwnerSecretArn: arn('secretsmanager').nullable(),

  // Redis.
  redisNodeType: text(/^cache\.[a-z0-9]+\.[a-z0-9]+$/, 'an ElastiCache node type'),
  redisReplicas: whole(0, 5),
  existingRedisHost: host.nullable(),
  existingRedisPort: whole(1, 65_535),
  existingRedisTls: flag,
  existingRedisSecretArn: arn('secretsmanager').nullable(),

  // Kafka.
  kafkaVersion: text(/^[34]\.\d+\.(x|\d+)(\.kraft)?$/, 'a version of Kafka that MSK has'),
  kafkaInstanceType: text(/^kafka\.[a-z0-9]+\.[a-z0-9]+$/, 'an MSK broker type'),
  kafkaBrokers: whole(2, 30),
  kafkaStorageGib: whole(1, 16_384),
  kafkaMinReplication: whole(1, 5),
  existingKafkaBrokers: text(
    /^[A-Za-z0-9.-]+:\d+(,[A-Za-z0-9.-]+:\d+)*$/,
    'host:port, comma-separated',
  ).nullable(),
  existingKafkaTls: flag,
  existingKafkaSecretArn: arn('secretsmanager').nullable(),

  // Edge.
  domain: text(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'a domain name in small letters').nullable(),
  hostedZoneId: text(/^Z[A-Z0-9]+$/, 'the id of a Route 53 hosted zone').nullable(),
  existingCertificateArn: arn('acm').nullable(),
  allowedCidrs: list(cidr, 'a list of IPv4 ranges'),
  waf: flag,
  wafRequestsPer5Minutes: whole(100, 20_000_000),
  accessLogs: flag,
  accessLogDays: whole(1, 3_650),

  // Observability.
  logDays: z.literal(
    [1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731],
    expected('a retention that CloudWatch Logs has: 1, 3, 5, 7, 14, 30, 60, 90, 180, 365 or 731'),
  ),
  alarmEmails: list(text(/^[^\s@]+@[^\s@]+$/, 'e-mail addresses'), 'a list of e-mail addresses'),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;
