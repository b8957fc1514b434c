/** A task definition for any role: its containers, its two roles, its log. */
import { type Construct, EcsTaskDefinition, type ITerraformDependable } from '../cdktf.ts';
import { type LogGroupOptions, makeLogGroup } from '../observability/log-groups.ts';
import type { Access, Context, Keys } from '../stacks/parts.ts';
import { containerDefinition } from './container.ts';
import type { Grants } from './environment.ts';
import { makeTaskRoles } from './roles.ts';

export interface TaskOptions {
  role: string;
  cpu: number;
  memoryMib: number;
  grants: Grants;
  /** Runs before the role, with servers of its own. */
  migrate?: Grants;
  /** Whose secrets the task is given. */
  accesses: readonly Access[];
  port?: number;
  hasHealth?: boolean;
  log?: LogGroupOptions['shorter'];
  /** A new image alone does not replace it. */
  keepsImage?: boolean;
}

export interface Task {
  arn: string;
  /** Its name in Terraform, for an expression. */
  address: string;
  /** A service may be made only after it. */
  ready: ITerraformDependable;
  family: string;
  logGroupName: string;
}

export function makeTask(
  context: Context,
  scope: Construct,
  keys: Keys,
  options: TaskOptions,
): Task {
  const { settings } = context;
  const { role, cpu, memoryMib, accesses, log, keepsImage = false } = options;
  const group = makeLogGroup(context, scope, keys, {
    id: 'logs',
    name: `/${settings.name}/${role}`,
    ...(log !== undefined && { shorter: log }),
  });
  const secretArns = [...new Set(accesses.flatMap((access) => access.secretArns))];
  const logGroupArn = group.arn;
  const { ready, ...roles } = makeTaskRoles(context, scope, {
    name: role,
    keys,
    secretArns,
    logGroupArn,
  });
  const definition = new EcsTaskDefinition(scope, 'task', {
    family: `${settings.name}-${role}`,
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: String(cpu),
    memory: String(memoryMib),
    runtimePlatform: { operatingSystemFamily: 'LINUX', cpuArchitecture: 'X86_64' },
    ...roles,
    containerDefinitions: JSON.stringify(containers(context, options, group.name)),
    lifecycle: {
      // The one before stays valid until the service has moved: a rollback needs it.
      createBeforeDestroy: true,
      ...(keepsImage && { ignoreChanges: ['container_definitions'] }),
    },
  });
  const { arn, fqn: address, family } = definition;
  return { arn, address, family, ready, logGroupName: group.name };
}

function containers({ settings }: Context, options: TaskOptions, logGroupName: string): object[] {
  const { role, grants, migrate, port = null, hasHealth } = options;
  const main = containerDefinition(settings, {
    role,
    grants,
    port,
    logGroupName,
    ...(hasHealth !== undefined && { hasHealth }),
    ...(migrate !== undefined && { after: 'migrate' }),
  });
  if (migrate === undefined) return [main];
  const init = { role: 'migrate', grants: migrate, port: null, logGroupName, isInit: true };
  return [containerDefinition(settings, init), main];
}
