/** The deployments that are planned: both presets as an owner would fill them in, and one on servers of his own. */
import type { Settings } from '../../settings/schema.ts';

export const ACCOUNT = '123456789012';
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const inAccount = (service: string, rest: string) =>
  `arn:aws:${service}:eu-west-1:${ACCOUNT}:${rest}`;
const secretArn = (name: string) => inAccount('secretsmanager', `secret:${name}-AbCdEf`);

const everywhere = {
  account: ACCOUNT,
  image: `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/gateway@${DIGEST}`,
  alarmEmails: ['on-call@example.com'],
} satisfies Partial<Settings>;

export const sandbox = {
  ...everywhere,
  preset: 'sandbox',
  allowedCidrs: ['203.0.113.0/24', '198.51.100.7/32'],
} as const satisfies Partial<Settings>;

export const production = {
  ...everywhere,
  preset: 'production',
  stateBucket: 'gateway-state',
  domain: 'pay.example.com',
  hostedZoneId: 'Z0123456789ABC',
  existingProvidersSecretArn: secretArn('providers'),
  mtnBaseUrl: 'https://proxy.momoapi.mtn.com',
  airtelBaseUrl: 'https://openapi.airtel.africa',
} as const satisfies Partial<Settings>;

/** As `npm run cycle` has it, but for the addresses. */
export const existing = {
  ...sandbox,
  existingVpcId: 'vpc-0123456789abcdef0',
  existingPublicSubnetIds: ['subnet-0a', 'subnet-0b'],
  existingPrivateSubnetIds: ['subnet-0c', 'subnet-0d'],
  existingSecretsKeyArn: inAccount('kms', 'key/01234567-89ab-4cde-8f01-23456789abcd'),
  existingPostgresHost: 'postgres.example.com',
  existingPostgresOwnerSecretArn: secretArn('owner'),
  existingRedisHost: 'redis.example.com',
  existingRedisSecretArn: secretArn('redis'),
  existingKafkaBrokers: 'kafka-1.example.com:9096,kafka-2.example.com:9096',
  existingKafkaSecretArn: secretArn('AmazonMSK_kafka'),
  autoscaling: false,
} as const satisfies Partial<Settings>;

export const variants = { sandbox, production, existing };
export type VariantName = keyof typeof variants;
export const STACKS = ['registry', 'gateway'] as const;
export type StackName = (typeof STACKS)[number];

/** What is planned. A registry knows nothing of existing servers. */
export const PLANNED: readonly { variant: VariantName; stack: StackName }[] = [
  { variant: 'sandbox', stack: 'registry' },
  { variant: 'sandbox', stack: 'gateway' },
  { variant: 'production', stack: 'registry' },
  { variant: 'production', stack: 'gateway' },
  { variant: 'existing', stack: 'gateway' },
];
