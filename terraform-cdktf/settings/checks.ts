/** What one setting demands of another. */
import { type Check, expect, type Problem } from './expect.ts';
import { memoryExpected } from './fargate.ts';
import { DATABASE_POOL_MAX, KAFKA_PARTITIONS } from './limits.ts';
import { edge, network, serverRanges, zoneNames } from './network-checks.ts';
import type { Settings } from './schema.ts';

/** Of RDS itself, for its own work and for an operator in need. */
const SPARE_CONNECTIONS = 20;

/** Of both stacks. */
const state: Check = ({ preset, stateBucket }) => [
  expect(
    preset !== 'production' || stateBucket !== null,
    'stateBucket',
    'a bucket for the state: in production it is never a file on one machine',
  ),
];

const production: Check = (settings) => {
  const { domain, hostedZoneId, existingCertificateArn } = settings;
  if (settings.preset !== 'production') return [];
  return [
    expect(
      existingCertificateArn !== null || (domain !== null && hostedZoneId !== null),
      'domain, hostedZoneId, existingCertificateArn',
      'a domain with its hosted zone, or a certificate: production is HTTPS alone',
    ),
    expect(
      settings.existingProvidersSecretArn !== null,
      'existingProvidersSecretArn',
      "a secret with the providers' credentials: production has no simulators",
    ),
    expect(settings.mtnBaseUrl !== null, 'mtnBaseUrl', "MTN's address"),
    expect(settings.airtelBaseUrl !== null, 'airtelBaseUrl', "Airtel's address"),
    expect(!settings.simulators, 'simulators', 'false in production: they take no money'),
    expect(!settings.seedDialect, 'seedDialect', 'false in production'),
    expect(
      settings.kafkaMinReplication >= 3,
      'kafkaMinReplication',
      '3 or more in production: with 2 the loss of a broker can lose a message',
    ),
  ];
};

const sandbox: Check = (settings) => {
  if (settings.preset !== 'sandbox') return [];
  const { simulators } = settings;
  return [
    expect(
      settings.domain !== null ||
        settings.existingCertificateArn !== null ||
        settings.allowedCidrs.length > 0,
      'allowedCidrs',
      'the addresses that may call, such as ["203.0.113.7/32"]: without a domain it is plain HTTP',
    ),
    expect(
      simulators || settings.existingProvidersSecretArn !== null,
      'existingProvidersSecretArn',
      "a secret with the providers' credentials, since simulators is false",
    ),
    expect(
      simulators || settings.mtnBaseUrl !== null,
      'mtnBaseUrl',
      'an address, since simulators is false',
    ),
    expect(
      simulators || settings.airtelBaseUrl !== null,
      'airtelBaseUrl',
      'an address, since simulators is false',
    ),
  ];
};

const scaling: Check = (settings) => [
  expect(settings.apiTasksMin <= settings.apiTasksMax, 'apiTasksMin', 'at most apiTasksMax'),
  expect(
    settings.workerTasksMin <= settings.workerTasksMax,
    'workerTasksMin',
    'at most workerTasksMax',
  ),
  expect(
    settings.workerTasksMax <= KAFKA_PARTITIONS,
    'workerTasksMax',
    `at most ${KAFKA_PARTITIONS}, one for each partition: more would have nothing to do`,
  ),
  fargate('api', settings.apiCpu, settings.apiMemoryMib),
  fargate('worker', settings.workerCpu, settings.workerMemoryMib),
];

function fargate(role: 'api' | 'worker', cpu: number, memory: number): Problem | false {
  const expected = memoryExpected(cpu, memory);
  return expected !== null && { name: `${role}MemoryMib`, words: `expected ${expected}` };
}

const kafka: Check = (settings) => {
  const { kafkaBrokers, kafkaMinReplication, zones } = settings;
  if (settings.existingKafkaBrokers !== null) return [];
  return [
    expect(kafkaBrokers % zones === 0, 'kafkaBrokers', `a multiple of zones, which is ${zones}`),
    expect(
      kafkaMinReplication <= kafkaBrokers,
      'kafkaMinReplication',
      `at most kafkaBrokers, which is ${kafkaBrokers}`,
    ),
  ];
};

const postgres: Check = (settings) => {
  if (settings.existingPostgresHost !== null) return [];
  const tasks = settings.apiTasksMax + settings.workerTasksMax;
  // A roll-out runs every task twice.
  const wanted = 2 * tasks * DATABASE_POOL_MAX + SPARE_CONNECTIONS;
  return [
    expect(
      settings.postgresMaxConnections >= wanted,
      'postgresMaxConnections',
      `at least ${wanted}: ${tasks} tasks, twice during a roll-out, ${DATABASE_POOL_MAX} each, and ${SPARE_CONNECTIONS} to spare`,
    ),
  ];
};

/** Server by server: what an existing one needs, and what makes no sense without it. */
const servers = [
  {
    host: 'existingPostgresHost',
    secret: 'existingPostgresOwnerSecretArn',
    tls: 'existingPostgresTls',
  },
  { host: 'existingRedisHost', secret: 'existingRedisSecretArn', tls: 'existingRedisTls' },
  { host: 'existingKafkaBrokers', secret: 'existingKafkaSecretArn', tls: 'existingKafkaTls' },
] as const;

const existing: Check = (settings) =>
  servers.flatMap(({ host, secret, tls }) => {
    const exists = settings[host] !== null;
    // Postgres has an owner, and it has a password; the others may be open where TLS is off.
    const needsSecret = exists && (settings[tls] || host === 'existingPostgresHost');
    return [
      expect(!needsSecret || settings[secret] !== null, secret, `the secret of ${host}`),
      expect(exists || settings[secret] === null, host, `a server, since ${secret} is set`),
      expect(
        settings[tls] || (exists && settings.preset === 'sandbox'),
        tls,
        `true: TLS may be off for a server that exists already (${host}), and in the sandbox alone`,
      ),
    ];
  });

const image: Check = ({ image: given }) => [
  expect(
    given !== null,
    'image',
    'the image by digest, <repository>@sha256:<64 hex digits>: push one to the registry first',
  ),
];

const ofGateway = [
  ...[state, production, sandbox, edge, network, zoneNames, scaling],
  ...[kafka, postgres, existing, serverRanges, image],
];

/** The registry needs no more: it is there before an image is. */
export function problemsBetween(settings: Settings, stack: 'registry' | 'gateway'): Problem[] {
  const checks = stack === 'gateway' ? ofGateway : [state];
  return checks.flatMap((check) => check(settings)).filter((problem) => problem !== false);
}
