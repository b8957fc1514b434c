import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { repositoryRoot } from '../../../scripts/servers/paths.ts';
import type { Role } from '../../../src/config.ts';
import { at, loadPlan } from '../support/plan.ts';
import { configOf, containerOf, tasksOf } from '../support/tasks.ts';

/** Every variable that the gateway reads: a test of its own keeps the file equal to the code. */
const KNOWN = new Set(
  [
    ...readFileSync(join(repositoryRoot, '.env.example'), 'utf8').matchAll(
      /^#?([A-Z][A-Z0-9_]*)=/gm,
    ),
  ].map(([, name]) => name),
);
const SECRET_NAME = /SECRET|PASSWORD|PEPPER|KEY$|KEYS$|_KEY_|TOKEN/;
/** Durations, not keys. */
const NO_SECRET = new Set(['KEEP_ALIVE_MS']);

for (const variant of ['sandbox', 'production', 'existing'] as const) {
  describe(`tasks of ${variant}`, () => {
    const plan = loadPlan(variant);
    const tasks = tasksOf(plan);
    const containers = tasks.flatMap((task) =>
      task.containers.map((container) => ({
        ...container,
        where: `${task.role}/${container.name}`,
      })),
    );

    it('are one for each role', () => {
      const simulators = variant === 'production' ? [] : ['simulators'];
      assert.deepEqual(tasks.map(({ role }) => role).sort(), [
        'admin',
        'api',
        ...simulators,
        'worker',
      ]);
    });

    it('run on Fargate, each in a network interface of its own', () => {
      for (const { resource } of tasks) {
        assert.deepEqual(resource.values.requires_compatibilities, ['FARGATE']);
        assert.equal(resource.values.network_mode, 'awsvpc');
      }
    });

    it('confine every container: read-only root, no capability, no root user, an init process', () => {
      for (const { all, where } of containers) {
        assert.equal(all.readonlyRootFilesystem, true, where);
        assert.deepEqual(at(all, 'linuxParameters.capabilities'), { drop: ['ALL'] }, where);
        assert.equal(at(all, 'linuxParameters.initProcessEnabled'), true, where);
        assert.match(String(all.user), /^[1-9]\d*(:[1-9]\d*)?$/, where);
        assert.notEqual(all.privileged, true, where);
      }
    });

    it('run the image by digest alone', () => {
      for (const { all, where } of containers) {
        assert.match(String(all.image), /@sha256:[0-9a-f]{64}$/, where);
      }
    });

    it('have no secret in the environment', () => {
      for (const { environment, where } of containers) {
        const found = environment
          .map(({ name }) => name)
          .filter((name) => SECRET_NAME.test(name) && !NO_SECRET.has(name));
        assert.deepEqual(found, [], where);
        const names = environment.map(({ value }) => value).join(' ');
        assert.doesNotMatch(names, /random_password|auth_token/, where);
      }
    });

    it('read each secret by its key in a secret of Secrets Manager', () => {
      for (const { secrets, where } of containers) {
        for (const { name, valueFrom } of secrets) {
          const from =
            /^(\$\{aws_(secretsmanager_secret|db_instance)[^}]*\}|arn:aws:secretsmanager:[^$]+):\w+::$/;
          assert.match(valueFrom, from, `${where} ${name}`);
        }
      }
    });

    it('set no variable that the gateway does not know', () => {
      for (const { environment, secrets, where } of containers) {
        const unknown = [...environment, ...secrets]
          .map(({ name }) => name)
          .filter((name) => !KNOWN.has(name));
        assert.deepEqual(unknown, [], where);
      }
    });

    it('set no variable twice', () => {
      for (const { environment, secrets, where } of containers) {
        const names = [...environment, ...secrets].map(({ name }) => name);
        assert.equal(new Set(names).size, names.length, where);
      }
    });

    it('are taken by the gateway itself, without a warning', () => {
      for (const { name, where, ...container } of containers) {
        const { isProduction, warnings } = configOf({ name, ...container }, name as Role);
        assert.equal(isProduction, true, where);
        // A sandbox has two brokers, and says so at start.
        const expected =
          variant === 'production' ? [] : warnings.filter((one) => /KAFKA_MIN/.test(one));
        assert.deepEqual(warnings, expected, where);
      }
    });

    it('name the deployment to CloudWatch', () => {
      for (const role of ['api', 'worker']) {
        const { emfEnvironment } = configOf(containerOf(plan, role), role as Role);
        assert.equal(emfEnvironment, variant === 'production' ? 'gateway' : 'gateway-sandbox');
      }
    });

    it('open the public port of the api, and the ops port of nobody', () => {
      const open = tasks.flatMap(({ role, containers: all }) =>
        all.flatMap((container) => {
          const ports = (container.all.portMappings ?? []) as { containerPort: number }[];
          return ports.map(({ containerPort }) => `${role} ${containerPort}`);
        }),
      );
      const simulators = variant === 'production' ? [] : ['simulators 9100'];
      assert.deepEqual(open.sort(), ['api 8080', ...simulators]);
    });

    it('have their state watched by ECS, where they stay', () => {
      const watched = containers.filter(({ all }) => all.healthCheck).map(({ name }) => name);
      const simulators = variant === 'production' ? [] : ['simulators'];
      assert.deepEqual(watched.sort(), ['api', ...simulators, 'worker']);
    });
  });

  describe(`migrate of ${variant}`, () => {
    const plan = loadPlan(variant);

    for (const role of ['api', 'worker']) {
      it(`ends well before ${role} starts`, () => {
        assert.equal(containerOf(plan, role, 'migrate').all.essential, false);
        assert.deepEqual(containerOf(plan, role).all.dependsOn, [
          { containerName: 'migrate', condition: 'SUCCESS' },
        ]);
      });

      it(`has a database role of its own beside ${role}`, () => {
        const secretsOf = (name: string) =>
          new Map(containerOf(plan, role, name).secrets.map((one) => [one.name, one.valueFrom]));
        const [owner, app] = [secretsOf('migrate'), secretsOf(role)];
        assert.notEqual(owner.get('DATABASE_PASSWORD'), app.get('DATABASE_PASSWORD'));
        assert.notEqual(owner.get('DATABASE_USER'), app.get('DATABASE_USER'));
        // It makes the role that the others connect as.
        assert.equal(owner.get('DATABASE_APP_USER'), app.get('DATABASE_USER'));
        assert.equal(owner.get('DATABASE_APP_PASSWORD'), app.get('DATABASE_PASSWORD'));
        assert.equal(app.has('DATABASE_APP_PASSWORD'), false);
      });
    }

    it('reads no key of ours', () => {
      for (const role of ['api', 'worker']) {
        const names = containerOf(plan, role, 'migrate').secrets.map(({ name }) => name);
        assert.deepEqual(
          names.filter((name) => !/^(DATABASE|KAFKA)_/.test(name)),
          [],
        );
      }
    });
  });
}
