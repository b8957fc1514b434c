/** Postgres by RDS: encrypted, TLS alone, its logs kept as long as ours. */
import {
  CloudwatchLogGroup,
  Construct,
  DbInstance,
  DbParameterGroup,
  DbSubnetGroup,
  IamRole,
  IamRolePolicyAttachment,
} from '../cdktf.ts';
import { STORAGE_GROWTH } from '../settings/limits.ts';
import type { Settings } from '../settings/schema.ts';
import { skipCheck } from '../stacks/checkov.ts';
import type { Context, Keys, Network } from '../stacks/parts.ts';
import { trust } from '../stacks/policy.ts';
import { keep } from '../stacks/protection.ts';

export const DATABASE = 'gateway';
const LOGS = ['postgresql', 'upgrade'];

export function makeRds(
  { stack, settings }: Context,
  network: Network,
  group: string,
  keys: Keys,
): DbInstance {
  const scope = new Construct(stack, 'postgres');
  const subnets = new DbSubnetGroup(scope, 'subnets', {
    name: settings.name,
    subnetIds: [...network.privateSubnetIds],
  });
  const instance = new DbInstance(scope, 'server', {
    identifier: settings.name,
    engine: 'postgres',
    engineVersion: settings.postgresVersion,
    instanceClass: settings.postgresInstanceClass,
    dbName: DATABASE,
    username: 'gateway_owner',
    manageMasterUserPassword: true,
    masterUserSecretKmsKeyId: keys.secretsArn,
    iamDatabaseAuthenticationEnabled: true,
    dbSubnetGroupName: subnets.name,
    vpcSecurityGroupIds: [group],
    publiclyAccessible: false,
    multiAz: settings.postgresMultiAz,
    caCertIdentifier: 'rds-ca-rsa2048-g1',
    parameterGroupName: makeParameters(scope, settings).name,
    ...storage(settings, keys),
    ...upkeep(settings),
    ...sight(scope, settings, keys),
    lifecycle: keep(settings),
  });
  explainSkips(instance, settings);
  return instance;
}

function storage(settings: Settings, keys: Keys) {
  return {
    storageType: 'gp3',
    storageEncrypted: true,
    kmsKeyId: keys.dataArn,
    allocatedStorage: settings.postgresStorageGib,
    // RDS grows it by itself up to here; a full disk would stop every payment.
    maxAllocatedStorage: settings.postgresStorageGib * STORAGE_GROWTH,
  };
}

function upkeep(settings: Settings) {
  return {
    backupRetentionPeriod: settings.postgresBackupDays,
    copyTagsToSnapshot: true,
    // Backups of a sandbox go with it; those of production outlive a deletion by their own days.
    deleteAutomatedBackups: !settings.deletionProtection,
    deletionProtection: settings.deletionProtection,
    skipFinalSnapshot: !settings.postgresFinalSnapshot,
    finalSnapshotIdentifier: settings.postgresFinalSnapshot ? `${settings.name}-final` : undefined,
    // postgresVersion is what decides about an upgrade; docs/deploy.md says how one is done.
    allowMajorVersionUpgrade: true,
    // With a major version alone AWS picks the minor one; with a minor one it stays as it is.
    autoMinorVersionUpgrade: !settings.postgresVersion.includes('.'),
    // An apply is done when it ends: nothing waits for a maintenance window and surprises its people then.
    applyImmediately: true,
  };
}

function sight(scope: Construct, settings: Settings, keys: Keys) {
  const logs = makeLogGroups(scope, settings, keys);
  const monitoring = settings.postgresMonitoring ? makeMonitoring(scope, settings) : null;
  return {
    performanceInsightsEnabled: true,
    performanceInsightsKmsKeyId: keys.dataArn,
    performanceInsightsRetentionPeriod: 7,
    enabledCloudwatchLogsExports: LOGS,
    ...monitoring?.numbers,
    dependsOn: [...logs, ...(monitoring?.dependsOn ?? [])],
  };
}

/** The operating system's numbers, once a minute. */
function makeMonitoring(scope: Construct, settings: Settings) {
  const role = new IamRole(scope, 'monitoring', {
    name: `${settings.name}-postgres-monitoring`,
    assumeRolePolicy: trust('monitoring.rds.amazonaws.com', settings),
  });
  const attachment = new IamRolePolicyAttachment(scope, 'monitoring_policy', {
    role: role.name,
    policyArn: 'arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole',
  });
  return {
    numbers: { monitoringInterval: 60, monitoringRoleArn: role.arn },
    dependsOn: [attachment],
  };
}

function makeParameters(scope: Construct, settings: Settings): DbParameterGroup {
  const [major] = settings.postgresVersion.split('.');
  const parameters = {
    'rds.force_ssl': '1',
    max_connections: String(settings.postgresMaxConnections),
    // Changes of the schema and statements above a second, without the values that they carry.
    log_statement: 'ddl',
    log_min_duration_statement: '1000',
    log_parameter_max_length: '0',
  };
  return new DbParameterGroup(scope, 'parameters', {
    // By its family: an upgrade needs the new one beside the old one.
    name: `${settings.name}-postgres${major}`,
    family: `postgres${major}`,
    description: `${settings.name}: TLS alone, connections for all tasks`,
    lifecycle: { createBeforeDestroy: true },
    parameter: Object.entries(parameters).map(([name, value]) => ({
      name,
      value,
      applyMethod: name === 'max_connections' ? 'pending-reboot' : 'immediate',
    })),
  });
}

/** Made before the server makes them itself: without a retention, and left behind by destroy. */
function makeLogGroups(scope: Construct, settings: Settings, keys: Keys): CloudwatchLogGroup[] {
  return LOGS.map(
    (log) =>
      new CloudwatchLogGroup(scope, `logs_${log}`, {
        name: `/aws/rds/instance/${settings.name}/${log}`,
        retentionInDays: settings.logDays,
        kmsKeyId: keys.logsArn,
      }),
  );
}

function explainSkips(instance: DbInstance, settings: Settings): void {
  if (!settings.deletionProtection) {
    skipCheck(instance, 'CKV_AWS_293', 'deletionProtection is off: this deployment is made to go');
  }
  if (!settings.postgresMonitoring) {
    const why = 'postgresMonitoring is off: its log group RDSOSMetrics would stay after a destroy';
    skipCheck(instance, 'CKV_AWS_118', why);
  }
  if (!settings.postgresMultiAz) {
    skipCheck(instance, 'CKV_AWS_157', 'postgresMultiAz is off: a sandbox pays for one server');
  }
}
