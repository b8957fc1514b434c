/** Refuses at the door what the gateway would refuse anyway, before it costs a task anything. */
import {
  type Construct,
  Wafv2WebAcl,
  Wafv2WebAclAssociation,
  type Wafv2WebAclConfig,
  type Wafv2WebAclRule,
} from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';
import type { Context, Keys } from '../stacks/parts.ts';
import { logFirewall } from './firewall-log.ts';

/** As far as WAF looks into a body behind a load balancer; a payment has a few hundred bytes. */
const BODY_BYTES = 8_192;
const RATE_WINDOW_SECONDS = 300;

/** In the words that the gateway itself has for them. */
const ANSWERS = { 'body-too-large': 413, 'rate-limited': 429 } as const;
type Answer = keyof typeof ANSWERS;

export function makeFirewall(
  context: Context,
  scope: Construct,
  keys: Keys,
  resourceArn: string,
): void {
  const { settings } = context;
  const firewall = new Wafv2WebAcl(scope, 'firewall', {
    name: settings.name,
    description: `In front of ${settings.name}`,
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    customResponseBody: answers(),
    rule: rules(settings).map((rule, priority) => ({ ...rule, priority })),
    visibilityConfig: seenAs(settings.name),
  });
  new Wafv2WebAclAssociation(scope, 'firewall_association', {
    webAclArn: firewall.arn,
    resourceArn,
  });
  logFirewall(context, scope, keys, firewall.arn);
}

/** In the order in which they are asked: the cheapest first. */
function rules(settings: Settings): Omit<Wafv2WebAclRule, 'priority'>[] {
  return [
    managed('ip-reputation', 'AWSManagedRulesAmazonIpReputationList'),
    own('rate', 'rate-limited', {
      rate_based_statement: {
        aggregate_key_type: 'IP',
        limit: settings.wafRequestsPer5Minutes,
        evaluation_window_sec: RATE_WINDOW_SECONDS,
      },
    }),
    own('body-size', 'body-too-large', {
      size_constraint_statement: {
        comparison_operator: 'GT',
        size: BODY_BYTES,
        // A body too long to be looked at is too long.
        field_to_match: { body: { oversize_handling: 'MATCH' } },
        text_transformation: [{ priority: 0, type: 'NONE' }],
      },
    }),
    managed('known-bad-inputs', 'AWSManagedRulesKnownBadInputsRuleSet'),
    // Merchants and providers are programs, and many name no user agent.
    managed('common', 'AWSManagedRulesCommonRuleSet', 'NoUserAgent_HEADER'),
  ];
}

/** A set that AWS keeps up to date; `counted` rules of it only count. */
function managed(name: string, set: string, ...counted: string[]) {
  return {
    name,
    overrideAction: { none: {} },
    statement: {
      managed_rule_group_statement: {
        vendor_name: 'AWS',
        name: set,
        rule_action_override: counted.map((rule) => ({ name: rule, action_to_use: { count: {} } })),
      },
    },
    visibilityConfig: seenAs(name),
  };
}

function own(name: string, answer: Answer, statement: object) {
  const customResponse = { responseCode: ANSWERS[answer], customResponseBodyKey: answer };
  return {
    name,
    action: { block: { customResponse } },
    statement,
    visibilityConfig: seenAs(name),
  };
}

function answers(): Wafv2WebAclConfig['customResponseBody'] {
  return Object.entries(ANSWERS).map(([code, status]) => ({
    key: code,
    contentType: 'APPLICATION_JSON',
    content: JSON.stringify({ type: `urn:problem-type:payment-gateway:${code}`, status, code }),
  }));
}

function seenAs(metricName: string) {
  return { metricName, cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true };
}
