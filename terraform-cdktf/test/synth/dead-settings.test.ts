/** A setting that changes nothing is a promise that nobody keeps. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SettingName, Settings } from '../../settings/schema.ts';
import { settingsOf, synthesize } from '../support/synthesize.ts';
import { ACCOUNT, existing, production, STACKS, sandbox } from '../support/variants.ts';

interface Change<Name extends SettingName> {
  to: Settings[Name];
  /** @default the sandbox */
  from?: typeof sandbox | typeof production | typeof existing;
  /** What the change needs beside it. */
  with?: Partial<Settings>;
}

const arn = (service: string, rest: string) => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${rest}`;
const SECRET = arn('secretsmanager', 'secret:other-AbCdEf');
const real = {
  existingProvidersSecretArn: SECRET,
  mtnBaseUrl: 'https://mtn.example.com',
  airtelBaseUrl: 'https://airtel.example.com',
};

/** For each setting another value, and where that must show. */
const changes: { [Name in SettingName]: Change<Name> } = {
  preset: { to: 'sandbox', from: production },
  name: { to: 'another' },
  account: { to: '210987654321' },
  region: { to: 'af-south-1' },
  owner: { to: 'another' },
  costCentre: { to: 'another' },
  image: { to: `example.com/gateway@sha256:${'f'.repeat(64)}` },
  stateBucket: { to: 'our-state' },
  deletionProtection: { to: true },
  credentialsVersion: { to: 2 },
  existingSecretsKeyArn: { to: arn('kms', 'key/another'), from: existing },
  vpcCidr: { to: '10.99.0.0/16' },
  zones: { to: 3, with: { kafkaBrokers: 6 } },
  zoneNames: { to: ['eu-west-1b', 'eu-west-1c'] },
  natGateways: { to: 'one-per-zone' },
  vpcEndpoints: { to: true },
  flowLogs: { to: false },
  existingVpcId: { to: 'vpc-1', from: existing },
  existingPublicSubnetIds: { to: ['subnet-1', 'subnet-2'], from: existing },
  existingPrivateSubnetIds: { to: ['subnet-1', 'subnet-2'], from: existing },
  existingServerCidrs: { to: ['10.1.0.0/16'], from: existing },
  operatorSecurityGroupId: { to: 'sg-0123456789abcdef0' },
  apiTasksMin: { to: 2 },
  apiTasksMax: { to: 3 },
  apiCpu: { to: 256 },
  apiMemoryMib: { to: 2_048 },
  apiRequestsPerTask: { to: 500 },
  apiCpuPercent: { to: 33 },
  workerTasksMin: { to: 3, from: production },
  workerTasksMax: { to: 2 },
  workerCpu: { to: 256 },
  workerMemoryMib: { to: 2_048 },
  workerLagPerTask: { to: 77, from: production },
  autoscaling: { to: false },
  simulators: { to: false, with: real },
  executeCommand: { to: true },
  seedDialect: { to: false },
  timingProfile: { to: 'standard' },
  mtnBaseUrl: { to: 'https://mtn.example.com' },
  mtnCountry: { to: 'UG' },
  mtnCurrencies: { to: 'UGX' },
  mtnTargetEnvironment: { to: 'mtnuganda' },
  airtelBaseUrl: { to: 'https://airtel.example.com' },
  airtelCountry: { to: 'UG' },
  airtelCurrencies: { to: 'UGX' },
  failover: { to: 'MTN>AIRTEL' },
  existingProvidersSecretArn: { to: SECRET },
  postgresVersion: { to: '16.11' },
  postgresInstanceClass: { to: 'db.m7g.large' },
  postgresStorageGib: { to: 50 },
  postgresMaxConnections: { to: 1_000 },
  postgresMultiAz: { to: true },
  postgresBackupDays: { to: 7 },
  postgresFinalSnapshot: { to: true },
  postgresMonitoring: { to: true },
  existingPostgresHost: { to: 'another.example.com', from: existing },
  existingPostgresPort: { to: 5_433, from: existing },
  existingPostgresName: { to: 'another', from: existing },
  existingPostgresTls: { to: false, from: existing },
  existingPostgresOwnerSecretArn: { to: SECRET, from: existing },
  redisNodeType: { to: 'cache.m7g.large' },
  redisReplicas: { to: 1 },
  existingRedisHost: { to: 'another.example.com', from: existing },
  existingRedisPort: { to: 6_380, from: existing },
  existingRedisTls: { to: false, from: existing },
  existingRedisSecretArn: { to: SECRET, from: existing },
  kafkaVersion: { to: '3.8.x' },
  kafkaInstanceType: { to: 'kafka.m7g.large' },
  kafkaBrokers: { to: 4 },
  kafkaStorageGib: { to: 33 },
  kafkaMinReplication: { to: 1 },
  existingKafkaBrokers: { to: 'another.example.com:9096', from: existing },
  existingKafkaTls: { to: false, from: existing },
  existingKafkaSecretArn: { to: SECRET, from: existing },
  domain: { to: 'other.example.com', from: production },
  hostedZoneId: { to: 'Z9876543210', from: production },
  existingCertificateArn: { to: arn('acm', 'certificate/1') },
  allowedCidrs: { to: ['192.0.2.0/24'] },
  waf: { to: true },
  wafRequestsPer5Minutes: { to: 5_000, from: production },
  accessLogs: { to: true },
  accessLogDays: { to: 30, from: production },
  logDays: { to: 30 },
  alarmEmails: { to: ['other@example.com'] },
};

const both = (settings: Settings) => STACKS.map((stack) => synthesize(stack, settings)).join();

describe('each setting changes what is made', () => {
  for (const [name, { to, from = sandbox, with: beside = {} }] of Object.entries(changes)) {
    it(name, () => {
      const before = settingsOf({ ...from, ...beside });
      const after = settingsOf({ ...before, [name]: to });
      assert.notDeepEqual(before[name as SettingName], to, 'the same value again');
      assert.ok(both(after) !== both(before), 'nothing changes');
    });
  }
});

describe('what is synthesized', () => {
  for (const [name, given] of Object.entries({ sandbox, production, existing })) {
    it(`is the same every time in ${name}: a plan shows changes of settings alone`, () => {
      const [first, second] = [both(settingsOf(given)), both(settingsOf(given))];
      assert.ok(first === second);
    });

    it(`has names that a person reads in ${name}: no hash, no numbering by CDKTF`, () => {
      const { resource } = JSON.parse(synthesize('gateway', settingsOf(given)));
      const names = Object.values(resource).flatMap((one) => Object.keys(one as object));
      assert.deepEqual(
        names.filter((one) => /_[0-9A-F]{8}$/.test(one)),
        [],
      );
    });
  }
});
