/**
 * What the areas of the gateway stack give each other. Every id is a string that Terraform resolves.
 */
import type { ITerraformDependable, TerraformStack } from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';

export interface Context {
  stack: TerraformStack;
  settings: Settings;
}

export interface Network {
  vpcId: string;
  publicSubnetIds: readonly string[];
  privateSubnetIds: readonly string[];
  /** A task may start only after these: without its way out it cannot fetch its image. */
  ready: readonly ITerraformDependable[];
}

/** Customer managed keys, by what they protect. */
export interface Keys {
  secretsArn: string;
  dataArn: string;
  logsArn: string;
}

/** Ids; null: this deployment has no such part of its own. */
export interface SecurityGroups {
  loadBalancer: string;
  api: string;
  worker: string;
  simulators: string | null;
  postgres: string | null;
  redis: string | null;
  kafka: string | null;
}

/** How a task reaches a server, or gets its secrets: ready for a container definition. */
export interface Access {
  environment: Readonly<Record<string, string>>;
  /** Variable → `valueFrom`: `<secret arn>:<JSON key>::`. */
  secrets: Readonly<Record<string, string>>;
  /** For the execution role's policy. */
  secretArns: readonly string[];
}

export interface Data {
  /** Of api and worker: the role that owns nothing. */
  postgres: Access;
  /** Of `migrate`: the owner, and the role that it makes for the others. */
  postgresOwner: Access;
  redis: Access;
  kafka: Access;
  application: Access;
  providers: Access;
  /** For alarms and the dashboard; null: a server that exists already. */
  postgresInstanceId: string | null;
  redisReplicationGroupId: string | null;
  kafkaClusterName: string | null;
  /** A service may be made only after these: values and users that nothing in a task names. */
  ready: readonly ITerraformDependable[];
}

export interface Edge {
  targetGroupArn: string;
  /** As CloudWatch names them. */
  loadBalancerSuffix: string;
  targetGroupSuffix: string;
  /** Where merchants call, without a slash at the end. */
  endpoint: string;
  certificateArn: string | null;
  /** A service may be made only when a listener uses its target group. */
  listener: ITerraformDependable;
}

export interface Services {
  clusterName: string;
  apiServiceName: string;
  workerServiceName: string;
  simulatorsServiceName: string | null;
  logGroupNames: readonly string[];
  /** Of the two that write lines worth an alarm. */
  apiLogGroupName: string;
  workerLogGroupName: string;
  /** For the outputs: shell functions that run a command in a task, and with them the first merchant. */
  commands: { shell: string; firstMerchant: string };
}
