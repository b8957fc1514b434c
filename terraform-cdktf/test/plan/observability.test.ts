import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { repositoryRoot } from '../../../scripts/servers/paths.ts';
import { EMF_DIMENSIONS, EMF_NAMESPACE } from '../../../src/metrics/emf.ts';
import { LINES } from '../../observability/log-metrics.ts';
import { at, type Json, loadPlan, type Plan, type Resource, references } from '../support/plan.ts';
import { PLANNED, type VariantName, variants } from '../support/variants.ts';

interface WatchedMetric {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

/** Of a plain alarm, or of each input of an expression. */
function metricsOf({ source }: Resource): WatchedMetric[] {
  const queries = (source.metric_query ?? []) as Json[];
  const inputs = queries.map(({ metric }) => metric as Json | undefined).filter(Boolean) as Json[];
  return (inputs.length > 0 ? inputs : [source]).map(({ namespace, metric_name, dimensions }) => ({
    namespace: String(namespace),
    name: String(metric_name),
    dimensions: (dimensions ?? {}) as Record<string, string>,
  }));
}

const alarmsOf = (plan: Plan) => plan.all('aws_cloudwatch_metric_alarm');

const operations = readFileSync(join(repositoryRoot, 'docs', 'operations.md'), 'utf8');
const anchors = new Set(
  [...operations.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  ),
);

for (const variant of Object.keys(variants) as VariantName[]) {
  describe(`alarms of ${variant}`, () => {
    const plan = loadPlan(variant);
    const alarms = alarmsOf(plan);

    it('say what is the matter, and which runbook says what to do', () => {
      assert.notEqual(alarms.length, 0);
      for (const { values, address } of alarms) {
        const words = String(values.alarm_description);
        const [, anchor = ''] = /Runbook: docs\/operations\.md#(\S+)$/.exec(words) ?? [];
        assert.ok(anchors.has(anchor), `${address}: docs/operations.md has no heading #${anchor}`);
        assert.ok(words.length < 1_024, address);
      }
    });

    it('wake somebody, and say when it is over', () => {
      const topic = plan.only('aws_sns_topic');
      for (const { source, address } of alarms) {
        assert.deepEqual(references(source.alarm_actions), [topic.address], address);
        assert.deepEqual(references(source.ok_actions), [topic.address], address);
        assert.notEqual(source.actions_enabled, false, address);
      }
      const subscriptions = plan.all('aws_sns_topic_subscription');
      assert.deepEqual(
        subscriptions.map(({ values }) => values.endpoint),
        ['on-call@example.com'],
      );
      assert.match(String(references(topic.source.kms_master_key_id)), /aws_kms_key/);
    });

    it('watch metrics that the gateway writes, with the dimensions that it gives them', () => {
      const ours = alarms.flatMap(metricsOf).filter(({ namespace }) => namespace === EMF_NAMESPACE);
      assert.notEqual(ours.length, 0);
      for (const { name, dimensions } of ours) {
        assert.deepEqual(Object.keys(dimensions).sort(), EMF_DIMENSIONS[name]?.toSorted(), name);
        const preset = variant === 'production' ? 'gateway' : 'gateway-sandbox';
        assert.equal(dimensions.Environment, preset, name);
      }
    });

    it('have names of their own', () => {
      const names = alarms.map(({ values }) => values.alarm_name);
      assert.equal(new Set(names).size, names.length);
    });
  });

  describe(`logs of ${variant}`, () => {
    it('leave the tasks without stopping them', () => {
      const plan = loadPlan(variant);
      for (const { source, address } of plan.all('aws_ecs_task_definition')) {
        for (const container of JSON.parse(String(source.container_definitions))) {
          const { logDriver, options } = container.logConfiguration;
          assert.deepEqual([logDriver, options.mode], ['awslogs', 'non-blocking'], address);
          assert.equal(references(options['awslogs-group']).length, 1, address);
        }
      }
    });
  });

  describe(`what ${variant} tells from outside`, () => {
    const plan = loadPlan(variant);

    it('is its endpoint, its logs, its dashboard and the command for a first merchant', () => {
      const outputs = Object.keys(plan.synthesized.output as Json).join(' ');
      for (const one of [/endpoint/, /log/, /dashboard/, /merchant/]) assert.match(outputs, one);
    });

    it('is drawn on a dashboard, of metrics that exist', () => {
      const { source } = plan.only('aws_cloudwatch_dashboard');
      const { widgets } = JSON.parse(String(source.dashboard_body)) as { widgets: Json[] };
      assert.ok(widgets.length >= 8);
      const drawn = widgets.flatMap(
        ({ properties }) => (at(properties, 'metrics') ?? []) as unknown[][],
      );
      for (const [namespace, name, ...rest] of drawn) {
        if (namespace !== EMF_NAMESPACE) continue;
        const dimensions = rest.filter((one, index) => typeof one === 'string' && index % 2 === 0);
        assert.deepEqual(
          dimensions.toSorted(),
          EMF_DIMENSIONS[String(name)]?.toSorted(),
          String(name),
        );
      }
    });
  });
}

describe('every log', () => {
  for (const { variant, stack } of PLANNED) {
    it(`of ${variant} ${stack} ends one day, and is encrypted under our key`, () => {
      for (const { values, source, address } of loadPlan(variant, stack).all(
        'aws_cloudwatch_log_group',
      )) {
        assert.ok(Number(values.retention_in_days) >= 1, address);
        assert.match(String(references(source.kms_key_id)), /aws_kms_key\./, address);
      }
    });
  }
});

describe('lines of the log that somebody must hear of', () => {
  const plan = loadPlan('production');
  const filters = plan.all('aws_cloudwatch_log_metric_filter');

  it('are counted in the logs of api and worker, each for an alarm', () => {
    const watched = alarmsOf(plan).flatMap(metricsOf);
    for (const name of Object.keys(LINES)) {
      const own = filters.filter(({ values }) => values.name === name);
      const groups = own.flatMap(({ source }) => references(source.log_group_name));
      assert.deepEqual(groups.sort(), [
        'aws_cloudwatch_log_group.api_logs',
        'aws_cloudwatch_log_group.worker_logs',
      ]);
      for (const { values } of own) {
        const counted = at(values, 'metric_transformation.0') as Json;
        const metric = { namespace: counted.namespace, name, dimensions: {} };
        assert.deepEqual([counted.name, counted.value], [name, '1']);
        assert.ok(watched.some((one) => JSON.stringify(one) === JSON.stringify(metric)));
      }
    }
  });

  it('are written so by the gateway, and named in the runbooks', () => {
    const source = globSync('src/**/*.ts', { cwd: repositoryRoot })
      .map((path) => readFileSync(join(repositoryRoot, path), 'utf8'))
      .join();
    for (const { message } of Object.values(LINES).flat()) {
      assert.ok(source.includes(`'${message}'`), `the gateway never writes: ${message}`);
      if (message !== 'payment settled') assert.ok(operations.includes(`\`${message}\``), message);
    }
  });

  it('are asked for in CloudWatch’s own language', () => {
    const patterns = filters.map(({ values }) => values.pattern);
    assert.deepEqual(
      [...new Set(patterns)].sort(),
      [
        '{ ($.message = "a request failed by a defect of ours") || ($.message = "provider call ran past its deadline") || ($.message = "provider adapter threw") }',
        '{ ($.message = "an outcome could not be recorded") }',
        '{ ($.message = "discrepancy") }',
        '{ (($.message = "payment settled") && ($.status = "MANUAL_REVIEW")) }',
      ].sort(),
    );
  });
});

describe('alarms of production', () => {
  const watched = alarmsOf(loadPlan('production')).flatMap(metricsOf);
  const subjects: [subject: string, name: string][] = [
    ['the share of 5xx', 'HTTPCode_Target_5XX_Count'],
    ['5xx of the load balancer itself', 'HTTPCode_ELB_5XX_Count'],
    ['healthy hosts', 'HealthyHostCount'],
    ['503 by provider', 'provider_rejections'],
    ['the oldest unresolved payment', 'payments_oldest_unresolved_seconds'],
    ['the age of the outbox', 'outbox_oldest_seconds'],
    ['dead letters', 'dlq_messages'],
    ['consumer lag', 'SumOffsetLag'],
    ['the storage of the database', 'FreeStorageSpace'],
    ['the connections of the database', 'DatabaseConnections'],
    ['the memory of Redis', 'DatabaseMemoryUsagePercentage'],
    ['the age of the certificate', 'DaysToExpiry'],
    ['the disks of Kafka', 'KafkaDataLogsDiskUsed'],
    ['discrepancies that open', 'discrepancies'],
    ['discrepancies that nobody closes', 'discrepancies_open'],
    ['what no seal of the ledger holds', 'ledger_unsealed_oldest_seconds'],
    ['payments that wait for a person', 'manual_reviews'],
    ['outcomes that could not be recorded', 'unrecorded_outcomes'],
    ['defects of ours', 'defects'],
  ];
  for (const [subject, name] of subjects) {
    it(`watch ${subject}`, () => {
      assert.ok(
        watched.some((metric) => metric.name === name),
        `no alarm on ${name}`,
      );
    });
  }

  it('watch each provider by itself', () => {
    const providers = watched
      .filter(({ name }) => name === 'provider_rejections')
      .map(({ dimensions }) => dimensions.provider);
    assert.deepEqual([...new Set(providers)].sort(), ['AIRTEL', 'MTN']);
  });

  it('take the silence of what must speak for bad news', () => {
    const silent = alarmsOf(loadPlan('production')).filter(
      ({ values }) => values.treat_missing_data === 'breaching',
    );
    const names = silent.flatMap(metricsOf).map(({ name }) => name);
    for (const name of ['HealthyHostCount', 'process_heartbeat'])
      assert.ok(names.includes(name), name);
  });
});
