/** The script of docs/deploy.md that restores Postgres, against an `aws` whose names change late, as AWS's do. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { run } from '../../../scripts/servers/programs.ts';
import { restoreScript } from '../support/deploy-blocks.ts';

/** Servers are lines `name id`; what is still to come lies in `later`, and comes with the third look at it. */
const AWS = `#!/bin/bash
here=$(dirname "$0")
echo "aws $*" >> "$here/calls"
[ "$1 $2" = "$(cat "$here/fails" 2> /dev/null)" ] && { echo denied >&2; exit 254; }
option() { while [ $# -gt 1 ]; do [ "$1" = "$want" ] && echo "$2" && return; shift; done; }
case "$1 $2" in
  'rds describe-db-instances')
    want=--db-instance-identifier; wanted=$(option "$@")
    if [ -s "$here/later" ]; then
      looks=$(($(cat "$here/looks" 2> /dev/null || echo 0) + 1)); echo "$looks" > "$here/looks"
      [ "$looks" -ge 3 ] && { mv "$here/later" "$here/servers"; rm "$here/looks"; }
    fi
    id=$(grep "^$wanted " "$here/servers" | cut -d ' ' -f 2)
    [ -n "$id" ] || { echo DBInstanceNotFound >&2; exit 254; }
    case "$*" in
      *Status*) printf '%s\\tavailable\\n' "$id" ;;
      *DbiResourceId*) echo "$id" ;;
      *MultiAZ*) echo True ;;
      *DBParameterGroups*) echo gateway-postgres17 ;;
      *) echo something ;;
    esac ;;
  'rds restore-db-instance-to-point-in-time')
    want=--target-db-instance-identifier; { cat "$here/servers"; echo "$(option "$@") db-NEW"; } > "$here/later"
    echo db-NEW ;;
  'rds modify-db-instance')
    want=--db-instance-identifier; from=$(option "$@")
    want=--new-db-instance-identifier; to=$(option "$@")
    sed "s/^$from /$to /" "$here/servers" > "$here/later" ;;
esac
`;
const TERRAFORM = `#!/bin/sh
here=$(dirname "$0")
echo "terraform $*" >> "$here/calls"
case "$*" in *' state list '*) echo aws_db_instance.postgres_server ;; esac
`;
describe('the restore of Postgres', () => {
  let home = '';
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'gateway-restore-'));
    const programs = { aws: AWS, terraform: TERRAFORM, sleep: '#!/bin/sh\n' };
    for (const [name, text] of Object.entries(programs)) {
      await writeFile(join(home, name), text);
      await chmod(join(home, name), 0o755);
    }
  });
  beforeEach(async () => {
    await writeFile(join(home, 'servers'), 'gateway db-OLD\n');
    for (const name of ['calls', 'later', 'fails']) await writeFile(join(home, name), '');
  });
  after(() => rm(home, { recursive: true, force: true }));

  async function restore() {
    const env = { ...process.env, PATH: `${home}${delimiter}${process.env.PATH}` };
    const script = `name=gateway\n${restoreScript()}`;
    const result = await run('bash', ['-c', script], { env, allowFailure: true });
    const calls = (await readFile(join(home, 'calls'), 'utf8')).trim().split('\n');
    return { ...result, calls: calls.filter((call) => !call.includes(' describe-')) };
  }

  it('waits for each new name, and moves the state last', async () => {
    const { stdout, stderr, calls } = await restore();
    assert.deepEqual([stdout, stderr], ['restored\n', '']);
    assert.equal(
      (await readFile(join(home, 'servers'), 'utf8')).trim(),
      'gateway-before db-OLD\ngateway db-NEW',
    );
    const words = calls.map((call) => call.split(' ').slice(0, 4).join(' '));
    assert.deepEqual(words.slice(-2), [
      'terraform -chdir=out/gateway/gateway state rm',
      'terraform -chdir=out/gateway/gateway import aws_db_instance.postgres_server',
    ]);
    const restored = String(calls.find((call) => call.includes('restore-db-instance')));
    assert.match(restored, / --multi-az /);
    assert.match(restored, / --db-parameter-group-name gateway-postgres17 /);
  });

  for (const fails of [
    'application-autoscaling register-scalable-target',
    'ecs wait',
    'rds restore-db-instance-to-point-in-time',
    'rds modify-db-instance',
  ]) {
    it(`stops at once when ${fails} fails, and leaves the state alone`, async () => {
      await writeFile(join(home, 'fails'), fails);
      const { code, stdout, calls } = await restore();
      assert.deepEqual([code !== 0, stdout], [true, '']);
      assert.ok(!calls.some((call) => /state rm|import/.test(call)));
      const last = String(calls.at(-1));
      assert.ok(last.startsWith(`aws ${fails}`), last);
    });
  }
});
