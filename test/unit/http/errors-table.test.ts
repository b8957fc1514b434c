import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { STATUS_OF } from '../../../src/adapters/http/status.ts';
import { ERRORS, type ErrorCode } from '../../../src/domain/errors.ts';
import { CATALOGUE } from '../../support/http-harness.ts';
import { makeDocument } from './document.ts';

const ROW = /^\| (\d{3}) \| `([a-z-]+)` \| `([a-z-]+)` \| (.+) \|$/gm;

test('docs/errors.md lists exactly the codes, statuses, advice and titles', async () => {
  const text = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const documented = [...text.matchAll(ROW)].map(([, status, code, retry, title]) => ({
    ...{ code, status: Number(status), retry, title },
  }));
  const expected = Object.entries(ERRORS).map(([code, { retry, title }]) => ({
    ...{ code, status: STATUS_OF[code as ErrorCode], retry, title },
  }));
  assert.deepEqual(documented, expected);
});

test('the API description has every code, each under its own status', () => {
  const described = new Map<string, Set<number>>();
  for (const item of Object.values(makeDocument(CATALOGUE).paths ?? {})) {
    for (const operation of Object.values(item)) {
      for (const [status, answer] of Object.entries(operation.responses as Responses)) {
        const schema = answer.content?.['application/problem+json']?.schema;
        for (const code of schema?.properties.code.enum ?? []) {
          described.set(code, (described.get(code) ?? new Set()).add(Number(status)));
        }
      }
    }
  }
  // No operation answers it: it is what is said where there is no operation.
  described.set('method-not-allowed', new Set([405]));
  const expected = Object.entries(STATUS_OF).map(([code, status]) => [code, new Set([status])]);
  assert.deepEqual(
    new Map([...described].sort()),
    new Map((expected as [string, Set<number>][]).sort()),
  );
});

type Responses = Record<
  string,
  { content?: Record<string, { schema: { properties: { code: { enum: string[] } } } }> }
>;
