import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadPlan, type Plan } from '../support/plan.ts';
import { configOf, containerOf, serviceOf } from '../support/tasks.ts';

const targetOf = (plan: Plan, role: string) =>
  plan
    .all('aws_appautoscaling_target')
    .find(({ values, source }) =>
      String(values.resource_id ?? source.resource_id).endsWith(`/${role}`),
    ) ??
  // By reference, the name is only in the address.
  plan.all('aws_appautoscaling_target').find(({ name }) => name.startsWith(`${role}_`));

const policiesOf = (plan: Plan, role: string) =>
  plan.all('aws_appautoscaling_policy').filter(({ name }) => name.startsWith(`${role}_`));

function boundsOf(plan: Plan, role: string): unknown[] {
  const target = targetOf(plan, role);
  if (target === undefined) {
    const count = serviceOf(plan, role).values.desired_count;
    return [count, count];
  }
  return [target.values.min_capacity, target.values.max_capacity];
}

const tracked = (plan: Plan, role: string) =>
  policiesOf(plan, role).map(({ values }) => {
    const path = 'target_tracking_scaling_policy_configuration.0';
    const predefined = `${path}.predefined_metric_specification.0.predefined_metric_type`;
    return String(at(values, predefined) ?? 'a metric of its own');
  });

describe('scaling', () => {
  const production = loadPlan('production');
  const sandbox = loadPlan('sandbox');

  it('of the sandbox: one or two apis, one worker', () => {
    assert.deepEqual(boundsOf(sandbox, 'api'), [1, 2]);
    assert.deepEqual(boundsOf(sandbox, 'worker'), [1, 1]);
  });

  it('of production: 3 to 30 apis, 2 to 12 workers', () => {
    assert.deepEqual(boundsOf(production, 'api'), [3, 30]);
    assert.deepEqual(boundsOf(production, 'worker'), [2, 12]);
  });

  it('starts no worker that would find no partition', () => {
    const { kafka } = configOf(containerOf(production, 'worker', 'migrate'), 'migrate');
    assert.ok(Number(boundsOf(production, 'worker')[1]) <= (kafka?.partitions ?? 0));
  });

  it('of the api follows requests per target and CPU', () => {
    const metrics = tracked(production, 'api').toSorted();
    assert.deepEqual(metrics, ['ALBRequestCountPerTarget', 'ECSServiceAverageCPUUtilization']);
  });

  it('of the worker follows what waits', () => {
    assert.ok(tracked(production, 'worker').includes('a metric of its own'));
    const [backlog] = policiesOf(production, 'worker').filter(({ source }) =>
      JSON.stringify(source).includes('SumOffsetLag'),
    );
    assert.ok(backlog);
  });

  it('is not undone by the next apply', () => {
    for (const role of ['api', 'worker']) {
      const ignored = at(serviceOf(production, role).source, 'lifecycle.ignore_changes');
      assert.deepEqual(ignored, ['desired_count'], role);
    }
  });

  it('leaves every task a connection to Postgres, twice over in a roll-out', () => {
    for (const plan of [production, sandbox]) {
      const { values } = plan.only('aws_db_parameter_group');
      const parameters = values.parameter as { name: string; value: string }[];
      const most = parameters.find(({ name }) => name === 'max_connections');
      const tasks = Number(boundsOf(plan, 'api')[1]) + Number(boundsOf(plan, 'worker')[1]);
      const { database } = configOf(containerOf(plan, 'api'), 'api');
      assert.ok(Number(most?.value) > 2 * tasks * (database?.poolMax ?? 0));
    }
  });
});
