/**
 * A task for one command of a person: `admin`, `verify`. Of its own, because a new API key is printed
 * into its log, which is kept for a day. It may end a payment by hand, ask its provider and replay a
 * dead letter, so that it is given what a worker is, and the pepper of API keys. (ECS, which starts it,
 * may read the whole of each of these secrets: IAM knows no part of one.)
 */
import { Construct, type EcsCluster } from '../cdktf.ts';
import type { Context } from '../stacks/parts.ts';
import { type Grants, merge } from './environment.ts';
import type { ServicesParts } from './services.ts';
import { makeTask, type Task } from './task.ts';

const ROLE = 'admin';

export function makeAdminTask(context: Context, parts: ServicesParts, providers: Grants): Task {
  const { keys, data, environment } = parts;
  const common = { environment, secrets: {} };
  return makeTask(context, new Construct(context.stack, ROLE), keys, {
    role: ROLE,
    cpu: 256,
    memoryMib: 512,
    grants: merge(common, data.postgres, data.kafka, data.application, providers),
    accesses: [data.postgres, data.kafka, data.application, data.providers],
    hasHealth: false,
    log: { days: 1, reason: 'New API keys are printed here, once, for the one who makes them' },
  });
}

export interface Commands {
  /** Shell functions. */
  shell: string;
  /** The same, and two calls that make a merchant and a key. */
  firstMerchant: string;
}

/**
 * For a shell with the AWS CLI. It defines `gateway`, which runs one command of the image to its end,
 * prints its log and ends as it did. No dollar with a brace: Terraform would take it for its own.
 */
export function shellCommands(
  { settings }: Context,
  cluster: EcsCluster,
  task: Task,
  { network, groups }: Pick<ServicesParts, 'network' | 'groups'>,
): Commands {
  const subnets = network.privateSubnetIds.join(',');
  // The worker's group: it reaches Kafka, too, and nobody reaches it.
  const place = `subnets=[${subnets}],securityGroups=[${groups.worker}],assignPublicIp=DISABLED`;
  const ofTask = `--cluster ${cluster.name} --tasks "$task"`;
  const shell = `gateway() {
  export AWS_REGION=${settings.region} AWS_PAGER=
  words=$(printf '%s\\n' "$@" | sed 's/[\\\\"]/\\\\&/g; s/.*/"&"/' | paste -sd , -)
  task=$(aws ecs run-task --cluster ${cluster.name} --task-definition ${task.family} \\
    --launch-type FARGATE --network-configuration 'awsvpcConfiguration={${place}}' \\
    --overrides "{\\"containerOverrides\\":[{\\"name\\":\\"${ROLE}\\",\\"command\\":[$words]}]}" \\
    --query 'tasks[0].taskArn' --output text) || return 1
  aws ecs wait tasks-stopped ${ofTask} || return 1
  aws logs get-log-events --log-group-name ${task.logGroupName} --output text --start-from-head \\
    --log-stream-name "task/${ROLE}/$(basename "$task")" --query 'events[].[message]'
  code=$(aws ecs describe-tasks ${ofTask} --query 'tasks[0].containers[0].exitCode' --output text)
  [ "$code" = 0 ] || { echo "$1 ended with $code" >&2; return 1; }
}
admin() { gateway admin "$@"; }`;
  return { shell, firstMerchant: `${shell}\nadmin merchant create shop && admin key create shop` };
}
