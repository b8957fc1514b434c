/** TST-7: releases that do not exist yet, as copies of the tree with a patch, so that two can run side by side. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXPECTED_SCHEMA } from '../../src/adapters/postgres/migrate.ts';
import { JOB_DATA_SCHEMA } from '../../src/domain/cloud-event.ts';
import type { Edit } from '../planted/bugs.ts';
import { applyEdit, copyTree } from '../planted/plant.ts';

export interface NextVersion extends AsyncDisposable {
  /** Of its tree. */
  readonly root: string;
  /** The newest migration of its own. */
  readonly schema: string;
}

/** What its payments and events carry that the present version knows nothing of. */
export const NEXT = 'next';

const MIGRATIONS = 'src/adapters/postgres/migrations';
const MESSAGES = 'src/usecases/payment-messages.ts';
const EVENTS = 'src/domain/cloud-event.ts';
const INTENTS = 'src/adapters/postgres/intents.ts';

function nextSchema(): string {
  const number = Number(EXPECTED_SCHEMA.slice(0, 4)) + 1;
  return `${String(number).padStart(4, '0')}_${NEXT}`;
}

/** Forward only adds, as every migration must while the version before it is running. */
const MIGRATION = `-- Up Migration

alter table payments add column next_note text, add column next_count integer not null default 0;
create index payments_by_next_note on payments (next_note) where next_note is not null;
create table next_facts (payment_id text primary key references payments, note text not null);

-- Down Migration

drop table next_facts;
alter table payments drop column next_note, drop column next_count;
`;

/** One more nullable column that it writes, one more attribute and one more field of each event. */
function additions(schema: string): Edit[] {
  return [
    {
      file: 'src/adapters/postgres/migrate.ts',
      from: `EXPECTED_SCHEMA = '${EXPECTED_SCHEMA}'`,
      to: `EXPECTED_SCHEMA = '${schema}'`,
    },
    {
      file: 'src/adapters/postgres/app-role.ts',
      from: '  fees: APPEND,\n',
      to: '  fees: APPEND,\n  next_facts: APPEND,\n',
    },
    {
      file: INTENTS,
      from: 'resolves_by, timeline_count, timeline_head)',
      to: 'resolves_by, timeline_count, timeline_head, next_note)',
    },
    {
      file: INTENTS,
      from: "    link_number, decode(link_hash, 'hex')\n",
      to: `    link_number, decode(link_hash, 'hex'), '${NEXT}'\n`,
    },
    {
      file: MESSAGES,
      from: '    data: {\n',
      to: `    ...{ nextattribute: '${NEXT}' },\n    data: {\n      nextField: { by: '${NEXT}' },\n`,
    },
  ];
}

/** Jobs of a version that the present one does not know; it reads the old ones too. */
const NEW_JOBS: readonly Edit[] = [
  {
    file: EVENTS,
    from: `JOB_DATA_SCHEMA = '${JOB_DATA_SCHEMA}'`,
    to: `JOB_DATA_SCHEMA = '${JOB_DATA_SCHEMA}.${NEXT}'`,
  },
  {
    file: EVENTS,
    from: 'new Set([EVENT_DATA_SCHEMA, JOB_DATA_SCHEMA])',
    to: `new Set([EVENT_DATA_SCHEMA, JOB_DATA_SCHEMA, '${JOB_DATA_SCHEMA}'])`,
  },
];

export async function plantNextVersion(kind: 'additions' | 'new jobs'): Promise<NextVersion> {
  await using planting = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'gateway-next-'));
  planting.defer(() => rm(root, { recursive: true, force: true }));
  await copyTree(root);
  const schema = nextSchema();
  await writeFile(join(root, MIGRATIONS, `${schema}.sql`), MIGRATION);
  for (const edit of [...additions(schema), ...(kind === 'new jobs' ? NEW_JOBS : [])]) {
    const problem = await applyEdit(root, edit);
    if (problem) throw new Error(`the next version cannot be made from this one: ${problem}`);
  }
  const planted = planting.move();
  return { root, schema, [Symbol.asyncDispose]: () => planted.disposeAsync() };
}
