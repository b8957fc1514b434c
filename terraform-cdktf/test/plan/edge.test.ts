import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadPlan, refersTo } from '../support/plan.ts';
import { statementsOf } from '../support/policies.ts';

describe('the edge of production', () => {
  const plan = loadPlan('production');
  const balancer = plan.only('aws_lb');

  it('is HTTPS alone: port 80 is not there', () => {
    const listeners = plan.all('aws_lb_listener');
    assert.deepEqual(
      listeners.map(({ values }) => [values.port, values.protocol]),
      [[443, 'HTTPS']],
    );
  });

  it('speaks TLS 1.3, and 1.2 for those who cannot', () => {
    const policy = String(plan.only('aws_lb_listener').values.ssl_policy);
    assert.match(policy, /^ELBSecurityPolicy-TLS13-1-[23]-/);
    // Sets with `Ext` take ciphers without forward secrecy.
    assert.doesNotMatch(policy, /Ext/);
  });

  it('proves and renews its certificate by DNS, and serves it when it is valid', () => {
    assert.equal(plan.only('aws_acm_certificate').values.validation_method, 'DNS');
    const validation = plan.only('aws_acm_certificate_validation');
    assert.ok(refersTo(plan.only('aws_lb_listener').source.certificate_arn, validation));
  });

  it('answers at the domain', () => {
    const names = plan.all('aws_route53_record').map(({ values }) => values.name);
    assert.ok(names.includes('pay.example.com'));
  });

  it('refuses what two parsers could read in two ways', () => {
    assert.equal(balancer.values.drop_invalid_header_fields, true);
    assert.match(String(balancer.values.desync_mitigation_mode), /^(defensive|strictest)$/);
    // The gateway believes the entry that the load balancer adds, and none before it.
    assert.equal(balancer.values.xff_header_processing_mode, 'append');
  });

  it('keeps access logs in a bucket that is closed to all others', () => {
    const bucket = plan.only('aws_s3_bucket');
    assert.equal(at(balancer.values, 'access_logs.0.enabled'), true);
    assert.ok(refersTo(balancer.source.access_logs, bucket));
    const { values } = plan.only('aws_s3_bucket_public_access_block');
    for (const name of [
      'block_public_acls',
      'block_public_policy',
      'ignore_public_acls',
      'restrict_public_buckets',
    ]) {
      assert.equal(values[name], true, name);
    }
    const rules = plan.only('aws_s3_bucket_lifecycle_configuration').values;
    assert.equal(at(rules, 'rule.0.expiration.0.days'), 90);
    const statements = statementsOf(plan.only('aws_s3_bucket_policy').source.policy);
    const plain = statements.find(({ effect }) => effect === 'Deny');
    assert.deepEqual(plain?.condition.Bool, { 'aws:SecureTransport': 'false' });
  });
});

describe('the firewall of production', () => {
  const plan = loadPlan('production');
  const firewall = plan.only('aws_wafv2_web_acl');
  const text = JSON.stringify(firewall.source);

  it('stands in front of the load balancer', () => {
    const association = plan.only('aws_wafv2_web_acl_association');
    assert.ok(refersTo(association.source.web_acl_arn, firewall));
    assert.ok(refersTo(association.source.resource_arn, plan.only('aws_lb')));
  });

  it('has the sets that AWS keeps up to date', () => {
    for (const set of ['CommonRuleSet', 'KnownBadInputsRuleSet', 'AmazonIpReputationList']) {
      assert.ok(text.includes(`AWSManagedRules${set}`), set);
    }
  });

  it('stops an address that calls too often', () => {
    assert.ok(text.includes('rate_based_statement'));
    assert.match(text, /"limit":100000\b/);
  });

  it('blocks bodies above 8 kB, those that it cannot see the end of included (SEC-20)', () => {
    const rules = firewall.source.rule as Record<string, unknown>[];
    const sized = rules.find(({ statement }) => at(statement, 'size_constraint_statement'));
    const constraint = at(sized, 'statement.size_constraint_statement');
    assert.equal(at(constraint, 'size'), 8_192);
    assert.equal(at(constraint, 'comparison_operator'), 'GT');
    assert.equal(at(constraint, 'field_to_match.body.oversize_handling'), 'MATCH');
    assert.ok(at(sized, 'action.block'));
  });

  it('keeps a log of what it refused, without API keys', () => {
    const logging = plan.only('aws_wafv2_web_acl_logging_configuration');
    assert.ok(refersTo(logging.source.resource_arn, firewall));
    assert.match(JSON.stringify(logging.source.redacted_fields), /authorization/);
  });
});

describe('the edge of a sandbox without a domain', () => {
  const plan = loadPlan('sandbox');

  it('is HTTP on port 80, for the listed addresses that its group lets in', () => {
    assert.deepEqual(
      plan.all('aws_lb_listener').map(({ values }) => [values.port, values.protocol]),
      [[80, 'HTTP']],
    );
  });

  it('has no certificate, no firewall and no bucket', () => {
    for (const type of ['acm_certificate', 'wafv2_web_acl', 's3_bucket', 'route53_record']) {
      assert.deepEqual(plan.all(`aws_${type}`), [], type);
    }
  });
});
