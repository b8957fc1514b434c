/** The doubles of the providers: one private task that api and worker find by its name. */
import {
  Construct,
  type EcsCluster,
  type EcsService,
  ServiceDiscoveryPrivateDnsNamespace,
  ServiceDiscoveryService,
} from '../cdktf.ts';
import { portsOf } from '../settings/ports.ts';
import type { Settings } from '../settings/schema.ts';
import type { Context } from '../stacks/parts.ts';
import { merge } from './environment.ts';
import { markets } from './providers.ts';
import { makeService } from './service.ts';
import type { ServicesParts } from './services.ts';
import { makeTask } from './task.ts';

const NAME = 'simulators';
/** Soon after a new task stands, callers find it. */
const TTL_SECONDS = 10;

/** Null where there are none. */
export function simulatorsUrl(settings: Settings): string | null {
  if (!settings.simulators) return null;
  return `http://${NAME}.${namespace(settings)}:${portsOf(settings).simulators}`;
}

const namespace = ({ name }: Settings) => `${name}.internal`;

export interface Simulators {
  service: EcsService;
  logGroupName: string;
}

export function makeSimulators(
  context: Context,
  cluster: EcsCluster,
  parts: ServicesParts,
): Simulators {
  const { stack, settings } = context;
  const { network, groups, keys, data, environment } = parts;
  const scope = new Construct(stack, NAME);
  const task = makeTask(context, scope, keys, {
    role: NAME,
    cpu: 256,
    memoryMib: 512,
    grants: merge(
      { environment, secrets: {} },
      { environment: markets(settings), secrets: data.providers.secrets },
    ),
    accesses: [data.providers],
    port: portsOf(settings).simulators,
    // A provider does not restart when we roll out, and this one would forget its charges.
    // `terraform apply -replace=aws_ecs_task_definition.simulators_task` renews it.
    keepsImage: true,
  });
  const service = makeService(context, scope, {
    role: NAME,
    clusterArn: cluster.arn,
    task,
    network,
    groupId: groups.simulators!,
    tasks: 1,
    registryArn: register(context, scope, network.vpcId).arn,
    // Two would each know half of the charges.
    isSingle: true,
  });
  return { service, logGroupName: task.logGroupName };
}

function register({ settings }: Context, scope: Construct, vpcId: string) {
  const { id: namespaceId } = new ServiceDiscoveryPrivateDnsNamespace(scope, 'namespace', {
    name: namespace(settings),
    description: `Names inside ${settings.name}`,
    vpc: vpcId,
  });
  return new ServiceDiscoveryService(scope, 'registry', {
    name: NAME,
    namespaceId,
    dnsConfig: {
      namespaceId,
      routingPolicy: 'MULTIVALUE',
      dnsRecords: [{ type: 'A', ttl: TTL_SECONDS }],
    },
    // ECS says which task is well. Deprecated, always 1, and needed: provider 5.100 forgets the
    // block without it and would replace the service in every plan (its issue 44285).
    healthCheckCustomConfig: { failureThreshold: 1 },
    // A task that has just gone may still be listed: it must not keep the namespace from going.
    forceDestroy: true,
  });
}
