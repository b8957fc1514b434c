/** In each zone a public subnet for the load balancer and the NAT, and a private one for the rest. */
import {
  type Construct,
  Eip,
  InternetGateway,
  type ITerraformDependable,
  NatGateway,
  Route,
  RouteTable,
  RouteTableAssociation,
  Subnet,
} from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';
import { ANYWHERE, subnetRange } from './ranges.ts';

/** Sixteen ranges in the VPC: public ones from the first, private ones from the ninth, room between. */
const FIRST_PRIVATE = 8;

export interface Subnets {
  publicSubnetIds: readonly string[];
  privateSubnetIds: readonly string[];
  privateRouteTableIds: readonly string[];
  /** The ways out of the private ones. */
  ready: readonly ITerraformDependable[];
}

/** Of the zones' names: not every account may use the first ones of its region. */
function zoneLetters({ zones, zoneNames }: Settings): string[] {
  if (zoneNames.length > 0) return zoneNames.map((name) => name.slice(-1));
  return ['a', 'b', 'c'].slice(0, zones);
}

export function makeSubnets(scope: Construct, settings: Settings, vpcId: string): Subnets {
  const zones = zoneLetters(settings);
  const gateway = new InternetGateway(scope, 'internet_gateway', {
    vpcId,
    tags: { Name: settings.name },
  });
  const subnet = (kind: 'public' | 'private', zone: string, index: number) =>
    new Subnet(scope, `${kind}_${zone}`, {
      vpcId,
      availabilityZone: `${settings.region}${zone}`,
      cidrBlock: subnetRange(settings.vpcCidr, index),
      // An address is given where one is needed, and never just by standing here.
      mapPublicIpOnLaunch: false,
      tags: { Name: `${settings.name}-${kind}-${zone}` },
    });
  const table = (name: string, subnets: Record<string, Subnet>) => {
    const made = new RouteTable(scope, `routes_${name}`, {
      vpcId,
      tags: { Name: `${settings.name}-${name}` },
    });
    for (const [id, { id: subnetId }] of Object.entries(subnets)) {
      new RouteTableAssociation(scope, `routes_of_${id}`, { routeTableId: made.id, subnetId });
    }
    return made;
  };

  const publicSubnets = zones.map((zone, index) => subnet('public', zone, index));
  const outside = table(
    'public',
    Object.fromEntries(zones.map((zone, index) => [`public_${zone}`, publicSubnets[index]!])),
  );
  const internet = new Route(scope, 'route_to_internet', {
    routeTableId: outside.id,
    destinationCidrBlock: ANYWHERE,
    gatewayId: gateway.id,
  });

  const nats = zones.slice(0, settings.natGateways === 'one' ? 1 : undefined).map((zone, index) => {
    const address = new Eip(scope, `nat_address_${zone}`, {
      domain: 'vpc',
      tags: { Name: `${settings.name}-nat-${zone}` },
    });
    return new NatGateway(scope, `nat_${zone}`, {
      allocationId: address.id,
      subnetId: publicSubnets[index]!.id,
      tags: { Name: `${settings.name}-${zone}` },
      dependsOn: [internet],
    });
  });

  const privateSubnets = zones.map((zone, index) => subnet('private', zone, FIRST_PRIVATE + index));
  const privateTables = zones.map((zone, index) => {
    const inside = table(`private_${zone}`, { [`private_${zone}`]: privateSubnets[index]! });
    const way = new Route(scope, `route_to_nat_${zone}`, {
      routeTableId: inside.id,
      destinationCidrBlock: ANYWHERE,
      natGatewayId: (nats[index] ?? nats[0]!).id,
    });
    return { id: inside.id, way };
  });
  return {
    publicSubnetIds: publicSubnets.map(({ id }) => id),
    privateSubnetIds: privateSubnets.map(({ id }) => id),
    privateRouteTableIds: privateTables.map(({ id }) => id),
    ready: privateTables.map(({ way }) => way),
  };
}
