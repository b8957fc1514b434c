/**
 * A task for one command of `admin`. Of its own, because a new API key is printed into its log:
 * that log is kept for a day, and nothing but the database's role and the pepper of the keys is
 * within its reach.
 */
import { Construct, type EcsCluster } from '../cdktf.ts';
import type { Context } from '../stacks/parts.ts';
import { merge } from './environment.ts';
import type { ServicesParts } from './services.ts';
import { makeTask, type Task } from './task.ts';

const ROLE = 'admin';

export function makeAdminTask(context: Context, parts: ServicesParts): Task {
  const { keys, data, environment } = parts;
  const { API_KEY_PEPPER: pepper } = data.application.secrets;
  return makeTask(context, new Construct(context.stack, ROLE), keys, {
    role: ROLE,
    cpu: 256,
    memoryMib: 512,
    grants: merge({ environment, secrets: { API_KEY_PEPPER: pepper! } }, data.postgres),
    accesses: [data.postgres, data.application],
    hasHealth: false,
    log: { days: 1, reason: 'New API keys are printed here, once, for the one who makes them' },
  });
}

/**
 * For a shell with the AWS CLI. It defines `admin`, which runs one command to its end and prints
 * its log, and makes a merchant and a key. No dollar with a brace: Terraform would take it for its
 * own.
 */
export function firstMerchantCommand(
  { settings }: Context,
  cluster: EcsCluster,
  task: Task,
  { network, groups }: Pick<ServicesParts, 'network' | 'groups'>,
): string {
  const subnets = network.privateSubnetIds.join(',');
  const place = `subnets=[${subnets}],securityGroups=[${groups.api}],assignPublicIp=DISABLED`;
  return `admin() {
  export AWS_REGION=${settings.region} AWS_PAGER=
  words=$(printf '"%s",' admin "$@" | sed 's/,$//')
  task=$(aws ecs run-task --cluster ${cluster.name} --task-definition ${task.family} \\
    --launch-type FARGATE --network-configuration 'awsvpcConfiguration={${place}}' \\
    --overrides "{\\"containerOverrides\\":[{\\"name\\":\\"${ROLE}\\",\\"command\\":[$words]}]}" \\
    --query 'tasks[0].taskArn' --output text) &&
    aws ecs wait tasks-stopped --cluster ${cluster.name} --tasks "$task" &&
    aws logs get-log-events --log-group-name ${task.logGroupName} --output text \\
      --log-stream-name "task/${ROLE}/$(basename "$task")" --query 'events[].[message]'
}
admin merchant create shop && admin key create shop`;
}
