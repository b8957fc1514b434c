/** The gateway itself: one cluster, one image, a service for each role that stays. */
import { Construct, type EcsCluster } from '../cdktf.ts';
import { portsOf } from '../settings/ports.ts';
import type {
  Context,
  Data,
  Edge,
  Keys,
  Network,
  SecurityGroups,
  Services,
} from '../stacks/parts.ts';
import { makeAdminTask, shellCommands } from './admin.ts';
import { cpuAt, requestsPerTaskAt, scale } from './autoscaling.ts';
import { backlogPerTaskAt, waitingMessages } from './backlog.ts';
import { makeCluster } from './cluster.ts';
import { commonEnvironment, type Environment, merge, without } from './environment.ts';
import { baseUrls, providersAt } from './providers.ts';
import { makeService } from './service.ts';
import { makeSimulators, simulatorsUrl } from './simulators.ts';
import { makeTask } from './task.ts';

export interface ServicesOptions {
  network: Network;
  groups: SecurityGroups;
  keys: Keys;
  data: Data;
  edge: Edge;
}

/** With what every role is told. */
export interface ServicesParts extends ServicesOptions {
  environment: Environment;
}

/** Percent at which another worker comes, whatever waits: settling is work that no queue shows. */
const WORKER_CPU_PERCENT = 60;

export function makeServices(context: Context, options: ServicesOptions): Services {
  const { stack, settings } = context;
  const parts = { ...options, environment: commonEnvironment(settings, options.edge) };
  const cluster = makeCluster(context, new Construct(stack, 'services'), options.keys);
  const simulators = settings.simulators ? makeSimulators(context, cluster, parts) : null;
  const api = makeApi(context, cluster, parts);
  const worker = makeWorker(context, cluster, parts);
  const admin = makeAdminTask(context, parts, providers(settings, parts.data));
  const made = [api, worker, admin, ...(simulators ? [simulators] : [])];
  return {
    clusterName: cluster.name,
    apiServiceName: api.service.name,
    workerServiceName: worker.service.name,
    simulatorsServiceName: simulators?.service.name ?? null,
    logGroupNames: made.map(({ logGroupName }) => logGroupName),
    apiLogGroupName: api.logGroupName,
    workerLogGroupName: worker.logGroupName,
    commands: shellCommands(context, cluster, admin, options),
  };
}

/**
 * The api never talks to Kafka; its `migrate` makes the schema and leaves the topics to the
 * worker's.
 */
function makeApi(context: Context, cluster: EcsCluster, parts: ServicesParts) {
  const { stack, settings } = context;
  const { network, groups, keys, data, edge, environment } = parts;
  const scope = new Construct(stack, 'api');
  const port = portsOf(settings).api;
  const common = { environment, secrets: {} };
  const task = makeTask(context, scope, keys, {
    role: 'api',
    cpu: settings.apiCpu,
    memoryMib: settings.apiMemoryMib,
    grants: merge(common, data.postgres, data.redis, data.application, providers(settings, data)),
    migrate: merge(common, data.postgresOwner),
    accesses: [data.postgres, data.postgresOwner, data.redis, data.application, data.providers],
    port,
  });
  const { apiTasksMin: min, apiTasksMax: max } = settings;
  const isScaled = settings.autoscaling && min < max;
  const service = makeService(context, scope, {
    role: 'api',
    clusterArn: cluster.arn,
    task,
    network,
    groupId: groups.api,
    tasks: min,
    after: data.ready,
    isScaled,
    behind: { edge, port },
  });
  if (isScaled) {
    const names = { clusterName: cluster.name, serviceName: service.name };
    const label = `${edge.loadBalancerSuffix}/${edge.targetGroupSuffix}`;
    const measures = {
      requests: requestsPerTaskAt(settings.apiRequestsPerTask, label),
      cpu: cpuAt(settings.apiCpuPercent),
    };
    scale(scope, { ...names, min, max, measures });
  }
  return { service, logGroupName: task.logGroupName };
}

/** The worker serves nobody: no Redis, no pepper of API keys, no port. */
function makeWorker(context: Context, cluster: EcsCluster, parts: ServicesParts) {
  const { stack, settings } = context;
  const { network, groups, keys, data, environment } = parts;
  const scope = new Construct(stack, 'worker');
  const common = { environment, secrets: {} };
  const application = without(data.application, 'API_KEY_PEPPER');
  const task = makeTask(context, scope, keys, {
    role: 'worker',
    cpu: settings.workerCpu,
    memoryMib: settings.workerMemoryMib,
    grants: merge(common, data.postgres, data.kafka, application, providers(settings, data)),
    migrate: merge(common, data.postgresOwner, data.kafka),
    accesses: [data.postgres, data.postgresOwner, data.kafka, data.application, data.providers],
  });
  const { workerTasksMin: min, workerTasksMax: max } = settings;
  const isScaled = settings.autoscaling && min < max;
  const service = makeService(context, scope, {
    role: 'worker',
    clusterArn: cluster.arn,
    task,
    network,
    groupId: groups.worker,
    tasks: min,
    after: data.ready,
    isScaled,
  });
  if (isScaled) {
    const names = { clusterName: cluster.name, serviceName: service.name };
    const waiting = waitingMessages(settings, data.kafkaClusterName);
    const backlog = { ...names, waiting, perTask: settings.workerLagPerTask };
    const measures = { backlog: backlogPerTaskAt(backlog), cpu: cpuAt(WORKER_CPU_PERCENT) };
    scale(scope, { ...names, min, max, measures });
  }
  return { service, logGroupName: task.logGroupName };
}

function providers(settings: Context['settings'], data: Data) {
  return providersAt(settings, baseUrls(settings, simulatorsUrl(settings)), data.providers);
}
