/**
 * The two roles of a task. ECS starts the task with the execution role; the process itself has the
 * task role, which may do nothing at all: the gateway calls no API of AWS.
 */
import { type Construct, IamRole, IamRolePolicy, type ITerraformDependable } from '../cdktf.ts';
import type { Context, Keys } from '../stacks/parts.ts';
import { policy, type Statement, trust } from '../stacks/policy.ts';
import { imageRepositoryArn } from './image.ts';

const TASKS = 'ecs-tasks.amazonaws.com';

export interface TaskRolesOptions {
  name: string;
  keys: Keys;
  secretArns: readonly string[];
  logGroupArn: string;
}

export interface TaskRoles {
  executionRoleArn: string;
  taskRoleArn: string;
  /** A role is of no use before its policy. */
  ready: ITerraformDependable;
}

export function makeTaskRoles(
  { settings }: Context,
  scope: Construct,
  options: TaskRolesOptions,
): TaskRoles {
  const prefix = `${settings.name}-${options.name}`;
  const execution = new IamRole(scope, 'execution_role', {
    name: `${prefix}-execution`,
    description: `ECS starts ${options.name} with it: image, secrets, log`,
    // ECS names no source account when it takes this one, so there is no condition to set.
    assumeRolePolicy: policy({ Principal: { Service: TASKS }, Action: 'sts:AssumeRole' }),
  });
  const ready = new IamRolePolicy(scope, 'execution_policy', {
    name: 'start',
    role: execution.name,
    policy: policy(...startStatements(settings, options)),
  });
  const task = new IamRole(scope, 'task_role', {
    name: `${prefix}-task`,
    description: `What ${options.name} itself may do at AWS`,
    assumeRolePolicy: trust(TASKS, settings),
  });
  if (settings.executeCommand) allowExecuteCommand(scope, task, settings, options.keys);
  return { executionRoleArn: execution.arn, taskRoleArn: task.arn, ready };
}

type Settings = Context['settings'];

function startStatements(settings: Settings, options: TaskRolesOptions): Statement[] {
  const { secretArns, logGroupArn } = options;
  return [
    ...pullStatements(settings),
    {
      Sid: 'WriteLog',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: `${logGroupArn}:*`,
    },
    ...(secretArns.length > 0 ? secretStatements(settings, options) : []),
  ];
}

function pullStatements({ image }: Settings): Statement[] {
  const repositoryArn = imageRepositoryArn(image);
  if (repositoryArn === null) return [];
  return [
    // It is for the account's registry as a whole: AWS has no narrower resource.
    { Sid: 'LogInToRegistry', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
    {
      Sid: 'PullImage',
      Action: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:GetDownloadUrlForLayer',
      ],
      Resource: repositoryArn,
    },
  ];
}

/** A secret that exists already may have a key of its own: then existingSecretsKeyArn names it. */
function secretStatements(settings: Settings, options: TaskRolesOptions): Statement[] {
  const { secretArns, keys } = options;
  const keyArns = [keys.secretsArn, settings.existingSecretsKeyArn].filter((arn) => arn !== null);
  return [
    { Sid: 'ReadSecrets', Action: 'secretsmanager:GetSecretValue', Resource: secretArns },
    {
      Sid: 'DecryptSecrets',
      Action: 'kms:Decrypt',
      Resource: keyArns,
      // Only inside Secrets Manager, and only for these secrets: the key has others.
      Condition: {
        StringEquals: {
          'kms:ViaService': `secretsmanager.${settings.region}.amazonaws.com`,
          'kms:EncryptionContext:SecretARN': secretArns,
        },
      },
    },
  ];
}

/** Source: ECS developer guide, "Monitor containers with ECS Exec". */
function allowExecuteCommand(scope: Construct, task: IamRole, settings: Settings, keys: Keys) {
  const { region, account, name } = settings;
  new IamRolePolicy(scope, 'execute_command_policy', {
    name: 'execute-command',
    role: task.name,
    policy: policy(
      {
        Sid: 'OpenSession',
        // A session has no ARN before it exists.
        Action: [
          'ssmmessages:CreateControlChannel',
          'ssmmessages:CreateDataChannel',
          'ssmmessages:OpenControlChannel',
          'ssmmessages:OpenDataChannel',
        ],
        Resource: '*',
      },
      { Sid: 'EncryptSession', Action: 'kms:Decrypt', Resource: keys.logsArn },
      { Sid: 'FindLog', Action: 'logs:DescribeLogGroups', Resource: '*' },
      {
        Sid: 'RecordSession',
        Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        Resource: `arn:aws:logs:${region}:${account}:log-group:/${name}/sessions:*`,
      },
    ),
  });
}
