/** What a person needs after an apply; `terraform output` says it again. */
import { addOutput, type Output } from './output.ts';
import type { Context, Data, Edge, SecurityGroups, Services } from './parts.ts';

export interface Made {
  edge: Edge;
  services: Services;
  data: Data;
  groups: SecurityGroups;
  dashboardName: string;
  alarmTopicArn: string;
}

export function makeOutputs({ stack, settings }: Context, made: Made): void {
  const { edge, services, groups, data } = made;
  const outputs: Record<string, Output> = {
    endpoint: { value: edge.endpoint, description: 'Where merchants call' },
    first_merchant: {
      value: services.commands.firstMerchant,
      description: 'Makes a merchant and prints its API key, once',
    },
    shell: {
      value: services.commands.shell,
      description: 'Shell functions `gateway` and `admin`: a command in a task, inside',
    },
    servers: {
      value: addresses(data),
      description:
        'Where Postgres, Redis and Kafka are, for those whom operatorSecurityGroupId lets in',
    },
    credentials_version: {
      value: String(settings.credentialsVersion),
      description: 'Of the users of Postgres and Kafka; it never goes back',
    },
    log_groups: { value: services.logGroupNames, description: 'What the tasks say' },
    dashboard: {
      value: dashboardUrl(settings.region, made.dashboardName),
      description: 'Payments, providers and servers at a glance',
    },
    alarm_topic: { value: made.alarmTopicArn, description: 'Alarms are published here' },
    cluster: { value: services.clusterName, description: 'For aws ecs …' },
    callers: {
      value: { api: groups.api, worker: groups.worker },
      description: 'Security groups of the tasks: what a server that exists already must admit',
    },
  };
  for (const [name, output] of Object.entries(outputs)) addOutput(stack, name, output);
}

function dashboardUrl(region: string, name: string): string {
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;
}

/** As the tasks are told. */
function addresses({ postgres, redis, kafka }: Data): Record<string, string> {
  const { DATABASE_HOST, DATABASE_PORT } = postgres.environment;
  const { REDIS_HOST, REDIS_PORT } = redis.environment;
  return {
    postgres: `${DATABASE_HOST}:${DATABASE_PORT}`,
    redis: `${REDIS_HOST}:${REDIS_PORT}`,
    kafka: kafka.environment.KAFKA_BROKERS!,
  };
}
