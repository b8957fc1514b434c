/** Of each setting its unit and its reason, for docs/deploy.md: a new setting does not compile without. */
import type { SettingName } from './schema.ts';

interface Description {
  unit: string;
  reason: string;
}

const of = (unit: string, reason: string): Description => ({ unit, reason });

const whereAndWhose = {
  preset: of('name', 'Where every other value begins.'),
  name: of('text', 'In front of every resource: two deployments in one account need two names.'),
  account: of('account id', 'Terraform refuses any other account, whatever credentials it meets.'),
  region: of('region', 'One deployment is in one region, of those that anybody can use.'),
  owner: of('text', 'Tag: whom to ask.'),
  costCentre: of('text', 'Tag: who pays.'),
  image: of('digest', 'What is rolled out; by digest, so that what was scanned is what runs.'),
  stateBucket: of(
    'bucket',
    'Required in production. Without it the state is a file beside the code, which nobody else has.',
  ),
  deletionProtection: of('flag', 'A wrong destroy must not take the books along.'),
  credentialsVersion: of(
    'count',
    'One more makes new users of Postgres and Kafka, for a rotation; the ones before stay valid. It never goes back.',
  ),
} satisfies Partial<Record<SettingName, Description>>;

const network = {
  vpcCidr: of('IPv4 range', 'Change it where it would overlap a network that you peer with.'),
  zones: of(
    'count',
    'Two is the least that a load balancer takes; three survive a lost one with two.',
  ),
  zoneNames: of(
    'zones',
    'As many as zones, where a, b and c of the region are not for you: `aws ec2 describe-availability-zones`.',
  ),
  natGateways: of('choice', 'One is cheap, and a lost zone takes the way out along.'),
  vpcEndpoints: of(
    'flag',
    'Images, logs and secrets stay inside, and start without the NAT. An existing VPC has its own: no effect.',
  ),
  flowLogs: of(
    'flag',
    'Who talked to whom is the first question after an incident. An existing VPC records its own: no effect.',
  ),
  existingVpcId: of('VPC id', 'A network of your own; then give the subnets too.'),
  existingPublicSubnetIds: of('subnet ids', 'For the load balancer, one for each zone.'),
  existingPrivateSubnetIds: of(
    'subnet ids',
    'For tasks and servers, one for each zone, with a way out.',
  ),
  existingServerCidrs: of(
    'IPv4 ranges',
    'Where existing servers are: tasks may call their ports there and nowhere else.',
  ),
  operatorSecurityGroupId: of(
    'group id',
    'Of your bastion or VPN: let in to Postgres, Redis, Kafka and the ops ports. Without: nobody.',
  ),
} satisfies Partial<Record<SettingName, Description>>;

const services = {
  apiTasksMin: of('tasks', 'The load of a quiet hour, with one lost.'),
  apiTasksMax: of('tasks', 'The most that Postgres has connections for, and that you would pay.'),
  apiCpu: of('1/1024 processor', 'The api is one thread: more than 1024 lies idle.'),
  apiMemoryMib: of('MiB', 'Fargate sells at least 2 GiB with a whole processor.'),
  apiRequestsPerTask: of(
    'requests/min',
    'One more task above it: 333/s, a third of what is planned for one thread.',
  ),
  apiCpuPercent: of('%', 'One more task above it. Room for a burst until the new task is there.'),
  workerTasksMin: of('tasks', 'Two, where the loss of one must not be noticed.'),
  workerTasksMax: of('tasks', 'No more than partitions (12): the rest would stand idle.'),
  workerCpu: of('1/1024 processor', 'One thread, as the api.'),
  workerMemoryMib: of('MiB', 'As the api.'),
  workerLagPerTask: of(
    'messages',
    'Consumer lag that one worker may have before another is started.',
  ),
  autoscaling: of(
    'flag',
    'Of tasks and of Kafka’s disks. Off where the API of AWS in use has none.',
  ),
  simulators: of('flag', 'Doubles of both providers, for a trial without a contract.'),
  executeCommand: of(
    'flag',
    'A shell in a task needs a root that can be written: open it for an incident alone.',
  ),
  seedDialect: of('flag', 'The short request body of the demo; its payer is a demo wallet.'),
  timingProfile: of('choice', '`demo` opens and closes the breaker within seconds, to be watched.'),
} satisfies Partial<Record<SettingName, Description>>;

const providers = {
  mtnBaseUrl: of('https URL', 'On when it is set; with simulators they are it.'),
  mtnCountry: of('ISO 3166', 'The market.'),
  mtnCurrencies: of('ISO 4217, comma', 'What the market takes.'),
  mtnTargetEnvironment: of('text', "MTN's own name for the market."),
  airtelBaseUrl: of('https URL', 'On when it is set; with simulators they are it.'),
  airtelCountry: of('ISO 3166', 'The market.'),
  airtelCurrencies: of('ISO 4217, comma', 'What the market takes.'),
  failover: of(
    'orders, comma',
    'Who takes an operator’s payments while it cannot be reached; see [failover](operations.md#failover).',
  ),
  existingProvidersSecretArn: of(
    'ARN',
    'Credentials at the providers, JSON with the names of `.env.example`. Needed without simulators.',
  ),
  existingSecretsKeyArn: of('ARN', 'The key of existing secrets, where it is not the one of AWS.'),
} satisfies Partial<Record<SettingName, Description>>;

const postgres = {
  postgresVersion: of(
    'version',
    'A change is an upgrade: read the release notes first, and [how](#upgrade-postgres).',
  ),
  postgresInstanceClass: of(
    'class',
    'One core carries some 4,000 payments/s; memory holds the indexes.',
  ),
  postgresStorageGib: of(
    'GiB',
    'About 4 kB for a payment, kept for ever; RDS grows it by itself up to four times this.',
  ),
  postgresMaxConnections: of(
    'connections',
    '16 for each process at its most, twice while a version is rolled out, and some for people.',
  ),
  postgresMultiAz: of('flag', 'A standby in another zone takes over within a minute or two.'),
  postgresBackupDays: of('days', 'How far back point-in-time recovery reaches.'),
  postgresFinalSnapshot: of('flag', 'What destroy leaves behind, so that it can be taken back.'),
  postgresMonitoring: of(
    'flag',
    'Memory and disk of the server by minute; its log group `RDSOSMetrics` outlives a destroy.',
  ),
  existingPostgresHost: of('host', 'A server of your own; then give the owner’s secret too.'),
  existingPostgresPort: of('port', 'Of your own server.'),
  existingPostgresName: of('name', 'The database on your own server; it must exist.'),
  existingPostgresTls: of(
    'flag',
    'Off in a sandbox alone. Its authority must be that of Amazon RDS.',
  ),
  existingPostgresOwnerSecretArn: of(
    'ARN',
    '`{"username", "password"}` of a role that may make roles and tables.',
  ),
} satisfies Partial<Record<SettingName, Description>>;

const redis = {
  redisNodeType: of('type', 'It holds a day of answers and no truth: small is enough.'),
  redisReplicas: of('count', 'With one or more the loss of a node costs seconds.'),
  existingRedisHost: of('host', 'A server of your own, with `maxmemory-policy noeviction`.'),
  existingRedisPort: of('port', 'Of your own server.'),
  existingRedisTls: of('flag', 'Off in a sandbox alone.'),
  existingRedisSecretArn: of('ARN', '`{"password"}` of your own server; none: it asks for none.'),
} satisfies Partial<Record<SettingName, Description>>;

const kafka = {
  kafkaVersion: of('version', 'One that MSK has.'),
  kafkaInstanceType: of('type', 'Two or three small messages for a payment.'),
  kafkaBrokers: of('count', 'A multiple of the zones, as MSK demands.'),
  kafkaStorageGib: of(
    'GiB per broker',
    'A week of messages. With autoscaling it grows by itself up to four times this; it never shrinks.',
  ),
  kafkaMinReplication: of('copies', 'One fewer must have a message before it counts as written.'),
  existingKafkaBrokers: of('host:port, comma', 'Brokers of your own.'),
  existingKafkaTls: of('flag', 'Off in a sandbox alone.'),
  existingKafkaSecretArn: of('ARN', '`{"username", "password"}` for SCRAM-SHA-512; none: no SASL.'),
} satisfies Partial<Record<SettingName, Description>>;

const edge = {
  domain: of(
    'name',
    'Makes a certificate and HTTPS. Without: HTTP, for listed addresses, sandbox alone.',
  ),
  hostedZoneId: of('zone id', 'Of the domain: for the certificate’s proof and the address.'),
  existingCertificateArn: of('ARN', 'A certificate of your own instead.'),
  allowedCidrs: of(
    'IPv4 ranges',
    'Who may call, callbacks of providers included: list their addresses too. Empty: everybody by HTTPS, nobody by HTTP.',
  ),
  waf: of('flag', 'Managed rules, a rate rule, bodies up to 8 kB.'),
  wafRequestsPer5Minutes: of('requests', 'Of one address; a merchant calls from few of them.'),
  accessLogs: of('flag', 'Who asked what, when our own log is in doubt.'),
  accessLogDays: of('days', 'Then they are deleted: they hold addresses of people.'),
} satisfies Partial<Record<SettingName, Description>>;

const observability = {
  logDays: of('days', 'Long enough for the question of an auditor.'),
  alarmEmails: of('addresses', 'Each must confirm a mail within two days before it gets alarms.'),
} satisfies Partial<Record<SettingName, Description>>;

export const sections = {
  'Where and whose': whereAndWhose,
  Network: network,
  Services: services,
  Providers: providers,
  Postgres: postgres,
  Redis: redis,
  Kafka: kafka,
  Edge: edge,
  Observability: observability,
};

export const descriptions: Record<SettingName, Description> = {
  ...whereAndWhose,
  ...network,
  ...services,
  ...providers,
  ...postgres,
  ...redis,
  ...kafka,
  ...edge,
  ...observability,
};
