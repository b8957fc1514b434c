/** Numbers that the platform and the server must agree on, the server's own read from its configuration. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadPlan, refersTo } from '../support/plan.ts';
import { configOf, containerOf, numberAt, serviceOf } from '../support/tasks.ts';

for (const variant of ['sandbox', 'production'] as const) {
  describe(`a roll-out of ${variant}`, () => {
    const plan = loadPlan(variant);
    const config = configOf(containerOf(plan, 'api'), 'api');
    const targets = plan.only('aws_lb_target_group');
    const balancer = plan.only('aws_lb');
    const stopTimeoutMs = (role: string) => Number(containerOf(plan, role).all.stopTimeout) * 1_000;

    it('starts the new tasks before it stops the old ones, and goes back by itself', () => {
      for (const role of ['api', 'worker']) {
        const service = serviceOf(plan, role);
        assert.equal(numberAt(service, 'deployment_minimum_healthy_percent'), 100);
        assert.equal(numberAt(service, 'deployment_maximum_percent'), 200);
        assert.deepEqual(at(service.values, 'deployment_circuit_breaker'), [
          { enable: true, rollback: true },
        ]);
        assert.equal(service.values.wait_for_steady_state, true);
      }
    });

    it('gives a task longer to stop than it takes to drain (BRK-13)', () => {
      const { drainMs, stopTimeoutMs: told } = config.limits;
      assert.equal(stopTimeoutMs('api'), told);
      assert.ok(stopTimeoutMs('api') > drainMs);
      // After the drain the process gives itself five seconds to end.
      assert.ok(stopTimeoutMs('api') >= drainMs + 5_000);
      const worker = configOf(containerOf(plan, 'worker'), 'worker').limits;
      assert.ok(stopTimeoutMs('worker') > worker.drainMs);
      // The most that Fargate takes.
      assert.ok(stopTimeoutMs('api') <= 120_000);
    });

    it('keeps serving for as long as the load balancer may still send, and then has time to end', () => {
      const delayMs = numberAt(targets, 'deregistration_delay') * 1_000;
      assert.equal(config.deregistrationDelayMs, delayMs);
      assert.ok(delayMs < config.limits.drainMs);
      // What arrived last may take a whole handler.
      assert.ok(delayMs + config.timing.handlerMs <= config.limits.drainMs);
    });

    it('lets the load balancer close an idle connection first (BRK-14)', () => {
      const idleMs = numberAt(balancer, 'idle_timeout') * 1_000;
      assert.equal(config.limits.loadBalancerIdleMs, idleMs);
      assert.ok(config.limits.keepAliveMs > idleMs);
    });

    it('asks /healthz at the public port, and takes a task in before it is called ill', () => {
      const [check] = targets.values.health_check as Record<string, unknown>[];
      assert.equal(check?.path, '/healthz');
      assert.ok(['traffic-port', '8080'].includes(String(check?.port ?? 'traffic-port')));
      assert.equal(check?.matcher, '200');
      assert.equal(targets.values.port, 8_080);
      assert.equal(targets.values.target_type, 'ip');
      assert.ok(numberAt(serviceOf(plan, 'api'), 'health_check_grace_period_seconds') >= 60);
    });

    it('has the ops port in no target group, and only the api behind the load balancer', () => {
      for (const { values } of plan.all('aws_lb_target_group')) assert.notEqual(values.port, 9_090);
      const behind = plan
        .all('aws_ecs_service')
        .filter(({ values }) => (values.load_balancer as unknown[])?.length > 0);
      assert.deepEqual(
        behind.map(({ address }) => address),
        [serviceOf(plan, 'api').address],
      );
      assert.ok(refersTo(behind[0]?.source.load_balancer, targets));
      assert.equal(at(behind[0]?.values, 'load_balancer.0.container_port'), 8_080);
    });

    it('has no public address for a task, and no way in but the load balancer', () => {
      for (const { values, address } of plan.all('aws_ecs_service')) {
        assert.equal(at(values, 'network_configuration.0.assign_public_ip'), false, address);
        assert.equal(values.enable_execute_command, false, address);
      }
    });

    it('asks for callbacks only where a provider can reach us', () => {
      assert.equal(config.listen.trustedProxyHops, 1);
      assert.equal(config.listen.publicUrl !== null, variant === 'production');
    });
  });
}
