/** The system of record. Nobody but `migrate` connects as its owner. */
import type { Settings } from '../settings/schema.ts';
import type { Access, Context, Keys, Network, SecurityGroups } from '../stacks/parts.ts';
import { DATABASE, makeRds } from './rds.ts';
import { accessTo, objectOf, type Secrets } from './secrets.ts';

export interface Postgres {
  postgres: Access;
  postgresOwner: Access;
  postgresInstanceId: string | null;
}

interface Server {
  environment: Readonly<Record<string, string>>;
  ownerSecretArn: string;
  instanceId: string | null;
}

const CREDENTIALS = { DATABASE_USER: 'username', DATABASE_PASSWORD: 'password' };

export function makePostgres(
  context: Context,
  network: Network,
  groups: SecurityGroups,
  keys: Keys,
  secrets: Secrets,
): Postgres {
  const { settings } = context;
  const server =
    settings.existingPostgresHost === null
      ? ownServer(context, network, groups, keys)
      : existingServer(settings, settings.existingPostgresHost);
  const application = makeRole(settings, secrets);
  const owner = accessTo(server.ownerSecretArn, CREDENTIALS);
  const { DATABASE_USER, DATABASE_PASSWORD } = application.secrets;
  return {
    postgres: { ...application, environment: server.environment },
    postgresOwner: {
      environment: server.environment,
      secrets: {
        ...owner.secrets,
        DATABASE_APP_USER: DATABASE_USER!,
        DATABASE_APP_PASSWORD: DATABASE_PASSWORD!,
      },
      secretArns: [...owner.secretArns, ...application.secretArns],
    },
    postgresInstanceId: server.instanceId,
  };
}

/** A new version is a new role, so that tasks of the old one keep theirs until they are gone. */
function makeRole(settings: Settings, secrets: Secrets): Access {
  const version = settings.credentialsVersion;
  return secrets.make('database', {
    name: `${settings.name}/database`,
    description: 'The role of api and worker in Postgres: it owns nothing',
    variables: CREDENTIALS,
    value: objectOf({
      username: `"gateway_app_${version}"`,
      password: secrets.random('database'),
    }),
    version,
  }).access;
}

function ownServer(context: Context, network: Network, groups: SecurityGroups, keys: Keys): Server {
  const instance = makeRds(context, network, groups.postgres!, keys);
  return {
    environment: {
      DATABASE_HOST: instance.address,
      DATABASE_PORT: '5432',
      DATABASE_NAME: DATABASE,
      ...tls(true),
    },
    // RDS makes the owner's password, keeps it here and renews it by itself every week.
    ownerSecretArn: instance.masterUserSecret.get(0).secretArn,
    instanceId: instance.identifier,
  };
}

function existingServer(settings: Settings, host: string): Server {
  return {
    environment: {
      DATABASE_HOST: host,
      DATABASE_PORT: String(settings.existingPostgresPort),
      DATABASE_NAME: settings.existingPostgresName,
      ...tls(settings.existingPostgresTls),
    },
    ownerSecretArn: settings.existingPostgresOwnerSecretArn!,
    instanceId: null,
  };
}

/** The bundle of Amazon RDS is in the image; verify-full, as the name says host and authority. */
function tls(isOn: boolean): Record<string, string> {
  return isOn ? { DATABASE_TLS: 'true', DATABASE_CA: 'amazon-rds' } : { DATABASE_TLS: 'false' };
}
