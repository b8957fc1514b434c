/** What the outside world reaches: a load balancer, and in front of it what production needs. */
import { Construct, LbListener, type LbListenerConfig } from '../cdktf.ts';
import { isHttps } from '../settings/ports.ts';
import { skipCheck } from '../stacks/checkov.ts';
import type { Context, Edge, Keys, Network, SecurityGroups } from '../stacks/parts.ts';
import { makeAccessLogs } from './access-logs.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { makeAlias } from './domain.ts';
import { makeFirewall } from './firewall.ts';
import { makeLoadBalancer } from './load-balancer.ts';
import { makeTargetGroup } from './target-group.ts';

/**
 * TLS 1.3 and 1.2 with forward secrecy and AEAD alone, and keys that a later quantum computer
 * cannot open. AWS recommends it and its console chooses it. Source: ELB user guide, "Security
 * policies for your Application Load Balancer".
 */
const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09';

const WHY_HTTP = 'No certificate in this sandbox: only the addresses in allowedCidrs reach port 80';

export function makeEdge(
  context: Context,
  network: Network,
  groups: SecurityGroups,
  keys: Keys,
): Edge {
  const { stack, settings } = context;
  const scope = new Construct(stack, 'edge');
  const logs = settings.accessLogs ? makeAccessLogs(context, scope) : null;
  const loadBalancer = makeLoadBalancer(context, scope, { network, groups, logs });
  const targetGroup = makeTargetGroup(context, scope, network);
  const certificate = isHttps(settings) ? makeCertificate(context, scope) : null;
  const listener = new LbListener(scope, 'listener', {
    loadBalancerArn: loadBalancer.arn,
    ...entrance(certificate),
    defaultAction: [{ type: 'forward', targetGroupArn: targetGroup.arn }],
  });
  if (certificate === null) {
    for (const id of ['CKV_AWS_2', 'CKV_AWS_103']) skipCheck(listener, id, WHY_HTTP);
    skipCheck(loadBalancer, 'CKV2_AWS_20', WHY_HTTP);
    skipCheck(targetGroup, 'CKV_AWS_378', WHY_HTTP);
  }
  makeAlias(context, scope, loadBalancer);
  if (settings.waf) makeFirewall(context, scope, keys, loadBalancer.arn);
  return {
    targetGroupArn: targetGroup.arn,
    loadBalancerSuffix: loadBalancer.arnSuffix,
    targetGroupSuffix: targetGroup.arnSuffix,
    endpoint: endpoint(settings.domain, certificate, loadBalancer.dnsName),
    certificateArn: certificate?.arn ?? null,
    listener,
  };
}

function entrance(certificate: Certificate | null): Partial<LbListenerConfig> {
  if (certificate === null) return { port: 80, protocol: 'HTTP' };
  const { validatedArn: certificateArn } = certificate;
  return { port: 443, protocol: 'HTTPS', sslPolicy: TLS_POLICY, certificateArn };
}

function endpoint(domain: string | null, certificate: Certificate | null, dnsName: string): string {
  return `${certificate === null ? 'http' : 'https'}://${domain ?? dnsName}`;
}
