/** A network of our own, or the one that a team has. */
import { Construct } from '../cdktf.ts';
import { skipCheck } from '../stacks/checkov.ts';
import type { Context, Keys, Network } from '../stacks/parts.ts';
import { closeDefaultGroup } from './default-group.ts';
import { recordFlows } from './flow-logs.ts';
import { makeSubnets } from './subnets.ts';
import { makeVpc } from './vpc.ts';

export interface WholeNetwork extends Network {
  /** For endpoints; empty: a VPC that exists already has its own. */
  privateRouteTableIds: readonly string[];
}

export function makeNetwork(context: Context, keys: Keys): WholeNetwork {
  const { stack, settings } = context;
  if (settings.existingVpcId !== null) {
    return {
      vpcId: settings.existingVpcId,
      publicSubnetIds: settings.existingPublicSubnetIds,
      privateSubnetIds: settings.existingPrivateSubnetIds,
      privateRouteTableIds: [],
      ready: [],
    };
  }
  const scope = new Construct(stack, 'network');
  const vpc = makeVpc(scope, settings);
  closeDefaultGroup(scope, vpc.id);
  if (settings.flowLogs) recordFlows(scope, settings, vpc.id, keys);
  else
    skipCheck(
      vpc,
      'CKV2_AWS_11',
      'flowLogs is off: this team records them elsewhere, or not at all',
    );
  return { vpcId: vpc.id, ...makeSubnets(scope, settings, vpc.id) };
}
