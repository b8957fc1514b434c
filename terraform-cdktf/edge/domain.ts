import { type Construct, type Lb, Route53Record } from '../cdktf.ts';
import type { Context } from '../stacks/parts.ts';

/**
 * The domain, when its zone is ours to write; otherwise its owner points it at the load balancer.
 */
export function makeAlias({ settings }: Context, scope: Construct, loadBalancer: Lb): void {
  const { domain, hostedZoneId } = settings;
  if (domain === null || hostedZoneId === null) return;
  new Route53Record(scope, 'domain', {
    zoneId: hostedZoneId,
    name: domain,
    type: 'A',
    alias: {
      name: loadBalancer.dnsName,
      zoneId: loadBalancer.zoneId,
      evaluateTargetHealth: true,
    },
  });
}
