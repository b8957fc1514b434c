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
  const { responses = {} } = makeDocument(CATALOGUE).components ?? {};
  for (const answer of Object.values(responses as unknown as Record<string, Answer>)) {
    const [, narrowed] = answer.content['application/problem+json'].schema.allOf;
    const { code, status } = narrowed.properties;
    for (const each of code.enum) {
      described.set(each, (described.get(each) ?? new Set()).add(status.const));
    }
  }
  const expected = Object.entries(STATUS_OF).map(([code, status]) => [code, new Set([status])]);
  assert.deepEqual(
    new Map([...described].sort()),
    new Map((expected as [string, Set<number>][]).sort()),
  );
});

interface Narrowed {
  properties: { code: { enum: string[] }; status: { const: number } };
}

interface Answer {
  content: { 'application/problem+json': { schema: { allOf: [object, Narrowed] } } };
}
