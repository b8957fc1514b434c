import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadPlan } from '../support/plan.ts';
import { configOf, containerOf, taskOf } from '../support/tasks.ts';

describe('what each role may know', () => {
  const plan = loadPlan('production');
  const secretsOf = (role: string) =>
    containerOf(plan, role)
      .secrets.map(({ name }) => name)
      .sort();

  it('the worker serves nobody: neither the pepper of API keys nor Redis', () => {
    const names = secretsOf('worker').join(' ');
    assert.doesNotMatch(names, /PEPPER|REDIS/);
  });

  it('the api does not talk to Kafka', () => {
    assert.doesNotMatch(secretsOf('api').join(' '), /KAFKA/);
  });

  it('tasks of production talk to servers by TLS alone', () => {
    const api = configOf(containerOf(plan, 'api'), 'api');
    const worker = configOf(containerOf(plan, 'worker'), 'worker');
    for (const server of [api.database, api.redis, worker.database, worker.kafka]) {
      assert.equal(server?.tls?.rejectUnauthorized, true);
    }
    assert.equal(worker.kafka?.sasl?.mechanism, 'SCRAM-SHA-512');
    assert.equal(worker.kafka?.minReplication, 3);
  });

  it('seed dialect and timing are those of the preset', () => {
    const configs = (['sandbox', 'production'] as const).map((variant) =>
      configOf(containerOf(loadPlan(variant), 'api'), 'api'),
    );
    assert.deepEqual(
      configs.map(({ seedDialect, timingProfile }) => [seedDialect, timingProfile]),
      [
        [true, 'demo'],
        [false, 'standard'],
      ],
    );
  });

  it('production has no simulators, and a sandbox calls nobody else', () => {
    const urls = (variant: 'sandbox' | 'production') =>
      containerOf(loadPlan(variant), 'api')
        .environment.filter(({ name }) => name.endsWith('_BASE_URL'))
        .map(({ value }) => value);
    for (const url of urls('sandbox')) {
      assert.match(url, /^http:\/\/simulators\.gateway-sandbox\.internal:9100\/(mtn|airtel)$/);
    }
    for (const url of urls('production')) assert.match(url, /^https:/);
    assert.equal(urls('production').length, 2);
  });

  it('a single simulator keeps its charges while we roll out', () => {
    const { resource } = taskOf(loadPlan('sandbox'), 'simulators');
    assert.deepEqual(at(resource.source, 'lifecycle.ignore_changes'), ['container_definitions']);
  });
});
