import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadPlan, type Plan, type Resource, references } from '../support/plan.ts';
import { grantsOf, type Statement, statementsOf } from '../support/policies.ts';
import { type TaskDefinition, tasksOf } from '../support/tasks.ts';

/** What a role has to be given for all resources, because AWS knows no narrower one. */
const FOR_ALL = ['ecr:GetAuthorizationToken', 'logs:DescribeLogGroups'];

function roleOf(plan: Plan, task: TaskDefinition, kind: 'execution' | 'task'): Resource {
  const [address] = references(task.resource.source[`${kind}_role_arn`]);
  const found = plan.all('aws_iam_role').find((role) => role.address === address);
  return found ?? assert.fail(`${task.role} has no ${kind} role`);
}

const actionsOf = (statements: Statement[]) => statements.flatMap(({ actions }) => actions);

for (const variant of ['sandbox', 'production', 'existing'] as const) {
  describe(`roles of ${variant}`, () => {
    const plan = loadPlan(variant);
    const tasks = tasksOf(plan);

    it('are two for each task, and nobody shares one', () => {
      const all = tasks.flatMap((task) => [
        roleOf(plan, task, 'execution').address,
        roleOf(plan, task, 'task').address,
      ]);
      assert.equal(new Set(all).size, tasks.length * 2);
    });

    it('let the process itself do nothing at AWS', () => {
      for (const task of tasks) {
        assert.deepEqual(grantsOf(plan, roleOf(plan, task, 'task')), [], task.role);
      }
    });

    it('start a task with exactly the secrets that its containers name', () => {
      for (const task of tasks) {
        const named = task.containers
          .flatMap(({ secrets }) => secrets)
          .map(({ valueFrom }) => valueFrom.replace(/:\w+::$/, ''));
        const readable = grantsOf(plan, roleOf(plan, task, 'execution'))
          .filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'))
          .flatMap(({ resources }) => resources);
        assert.deepEqual([...readable].sort(), [...new Set(named)].sort(), task.role);
      }
    });

    it('decrypt nothing but those secrets', () => {
      for (const task of tasks) {
        const decrypting = grantsOf(plan, roleOf(plan, task, 'execution')).filter(({ actions }) =>
          actions.includes('kms:Decrypt'),
        );
        for (const { condition, resources } of decrypting) {
          const { StringEquals = {} } = condition;
          assert.equal(StringEquals['kms:ViaService'], 'secretsmanager.eu-west-1.amazonaws.com');
          assert.ok(!resources.includes('*'), task.role);
        }
      }
    });

    it('write into the log of their own task alone', () => {
      for (const task of tasks) {
        const group = plan
          .all('aws_cloudwatch_log_group')
          .find(({ values }) => String(values.name).endsWith(`/${task.role}`));
        const writing = grantsOf(plan, roleOf(plan, task, 'execution')).filter(({ actions }) =>
          actions.includes('logs:PutLogEvents'),
        );
        assert.deepEqual(
          writing.flatMap(({ resources }) => references(resources)),
          [group?.address],
        );
      }
    });

    it('grant nothing by a wildcard', () => {
      for (const role of plan.all('aws_iam_role')) {
        for (const statement of grantsOf(plan, role)) {
          assert.deepEqual(
            statement.actions.filter((action) => action.includes('*')),
            [],
            role.address,
          );
          if (!statement.resources.includes('*')) continue;
          const narrower = statement.actions.filter((action) => !FOR_ALL.includes(action));
          assert.deepEqual(narrower, [], role.address);
        }
      }
    });

    it('are taken by services of AWS alone', () => {
      for (const { address, source } of plan.all('aws_iam_role')) {
        for (const { principals, actions } of statementsOf(source.assume_role_policy)) {
          assert.deepEqual(actions, ['sts:AssumeRole'], address);
          for (const principal of principals) assert.match(principal, /^Service: /, address);
        }
      }
    });

    it('never may change rights, keys or secrets', () => {
      const all = plan.all('aws_iam_role').flatMap((role) => actionsOf(grantsOf(plan, role)));
      const dangerous =
        /^(iam|sts):|^kms:(Put|Create|Schedule)|^secretsmanager:(Put|Update|Delete)/;
      assert.deepEqual(
        all.filter((action) => dangerous.test(action)),
        [],
      );
    });

    it('are given no policy of AWS but the one that its own monitoring of Postgres needs', () => {
      const arns = plan
        .all('aws_iam_role_policy_attachment')
        .map(({ values }) => values.policy_arn);
      const monitoring = 'arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole';
      assert.deepEqual(arns, variant === 'production' ? [monitoring] : []);
    });
  });
}
