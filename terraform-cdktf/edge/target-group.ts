import { type Construct, LbTargetGroup } from '../cdktf.ts';
import { DEREGISTRATION_SECONDS } from '../services/timing.ts';
import { portsOf } from '../settings/ports.ts';
import type { Context, Network } from '../stacks/parts.ts';

export function makeTargetGroup(
  { settings }: Context,
  scope: Construct,
  { vpcId }: Network,
): LbTargetGroup {
  return new LbTargetGroup(scope, 'api_tasks', {
    name: `${settings.name}-api`,
    vpcId,
    targetType: 'ip',
    // TLS ends at the load balancer; behind it only its own group reaches the tasks, on a network
    // where nobody can listen to another's packets.
    protocol: 'HTTP',
    port: portsOf(settings).api,
    // Not least outstanding requests: a task whose breaker is open answers 503 fastest of all, and
    // would draw the traffic of those that still work.
    loadBalancingAlgorithmType: 'round_robin',
    deregistrationDelay: String(DEREGISTRATION_SECONDS),
    healthCheck: {
      path: '/healthz',
      matcher: '200',
      interval: 10,
      timeout: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    },
  });
}
