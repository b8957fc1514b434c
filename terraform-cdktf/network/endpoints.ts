/** Ways to AWS that do not leave the network, nor pay the NAT for each image and log line. */
import { Construct, SecurityGroup, VpcEndpoint, VpcSecurityGroupIngressRule } from '../cdktf.ts';
import type { Context, SecurityGroups } from '../stacks/parts.ts';
import type { WholeNetwork } from './network.ts';

const INTERFACES = ['ecr.api', 'ecr.dkr', 'logs', 'secretsmanager', 'kms'];

export function makeEndpoints(context: Context, network: WholeNetwork, groups: SecurityGroups) {
  const { stack, settings } = context;
  // A VPC that exists already has its own endpoints, and a second one for the same name is refused.
  if (!settings.vpcEndpoints || settings.existingVpcId !== null) return;
  const scope = new Construct(stack, 'endpoints');
  const serviceName = (service: string) => `com.amazonaws.${settings.region}.${service}`;
  const group = new SecurityGroup(scope, 'group', {
    name: `${settings.name}-endpoints`,
    description: 'Endpoints of AWS services: reached by every task',
    vpcId: network.vpcId,
    tags: { Name: `${settings.name}-endpoints` },
  });
  const { api, worker, simulators } = groups;
  for (const [role, id] of Object.entries({ api, worker, simulators })) {
    if (id === null) continue;
    new VpcSecurityGroupIngressRule(scope, `from_${role}`, {
      securityGroupId: group.id,
      referencedSecurityGroupId: id,
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      description: `from ${role}`,
    });
  }
  for (const service of INTERFACES) {
    new VpcEndpoint(scope, service.replace('.', '_'), {
      vpcId: network.vpcId,
      serviceName: serviceName(service),
      vpcEndpointType: 'Interface',
      privateDnsEnabled: true,
      subnetIds: [...network.privateSubnetIds],
      securityGroupIds: [group.id],
      tags: { Name: `${settings.name}-${service}` },
    });
  }
  // Layers of images come from S3; its endpoint costs nothing.
  new VpcEndpoint(scope, 's3', {
    vpcId: network.vpcId,
    serviceName: serviceName('s3'),
    vpcEndpointType: 'Gateway',
    routeTableIds: [...network.privateRouteTableIds],
    tags: { Name: `${settings.name}-s3` },
  });
}
