/** What settings of the edge and of the network demand of each other. */
import { type Check, expect } from './expect.ts';

export const edge: Check = (settings) => [
  expect(
    settings.domain === null ||
      settings.hostedZoneId !== null ||
      settings.existingCertificateArn !== null,
    'hostedZoneId',
    'the zone of the domain, in which its certificate is proved, or existingCertificateArn',
  ),
  expect(
    settings.hostedZoneId === null || settings.domain !== null,
    'domain',
    'a domain, since hostedZoneId is set',
  ),
];

export const network: Check = (settings) => {
  const { existingVpcId, existingPublicSubnetIds, existingPrivateSubnetIds, zones } = settings;
  if (existingVpcId === null) {
    return [
      expect(
        existingPublicSubnetIds.length + existingPrivateSubnetIds.length === 0,
        'existingVpcId',
        'the VPC of the existing subnets',
      ),
    ];
  }
  return (['existingPublicSubnetIds', 'existingPrivateSubnetIds'] as const).map((name) =>
    expect(
      settings[name].length === zones,
      name,
      `${zones} subnets, as many as zones, since existingVpcId is set`,
    ),
  );
};

export const zoneNames: Check = ({ zoneNames: names, zones, region, existingVpcId }) => {
  if (names.length === 0) return [];
  return [
    expect(
      new Set(names).size === zones && names.length === zones,
      'zoneNames',
      `${zones} different names, as many as zones, or none`,
    ),
    expect(
      names.every((name) => name.slice(0, -1) === region),
      'zoneNames',
      `zones of ${region}, such as ${region}a`,
    ),
    expect(existingVpcId === null, 'zoneNames', 'none, since existing subnets have their zones'),
  ];
};

export const serverRanges: Check = (settings) => [
  expect(
    settings.existingServerCidrs.length > 0,
    'existingServerCidrs',
    'at least one range: without any, no task could reach an existing server',
  ),
];
