/** Holds real answers against the API's own description. */
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Header {
  required?: boolean;
  schema: object;
}

interface Answer {
  headers?: Record<string, Header | Reference>;
  content?: Record<string, { schema: object }>;
}

interface Reference {
  $ref: string;
}

interface Operation {
  responses: Record<string, Answer | Reference>;
}

type PathItem = Record<string, Operation | undefined>;

export interface ApiDocument {
  components?: object;
  paths?: object;
}

function makeAjv() {
  const ajv = new Ajv2020({ strict: false, allErrors: true, coerceTypes: false });
  addFormats.default(ajv);
  return ajv;
}

function operationOf(document: ApiDocument, method: string, path: string): Operation {
  const [pathname = path] = path.split('?');
  for (const [template, item] of Object.entries(document.paths ?? {}) as [string, PathItem][]) {
    const pattern = new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
    const operation = pattern.test(pathname) ? item[method.toLowerCase()] : undefined;
    if (operation !== undefined) return operation;
  }
  throw assert.fail(`the API description has no ${method} ${pathname}`);
}

/** What a reference within the document stands for. */
export function resolveReference<Target extends object>(
  document: ApiDocument,
  target: Target | Reference,
): Target {
  if (!('$ref' in target)) return target;
  const path = target.$ref.slice('#/'.length).split('/');
  const found = path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document);
  assert.ok(found, target.$ref);
  return found as Target;
}

export type ApiCheck = (
  method: string,
  path: string,
  status: number,
  headers: Headers | Record<string, string | string[] | undefined>,
  /** The text as received. */
  body: string,
) => void;

/**
 * Fails unless the description has this answer: path and method, status, content type, the shape of
 * the body, and every required header.
 */
export function makeApiCheck(document: ApiDocument): ApiCheck {
  const ajv = makeAjv();
  const validators = new Map<object, ValidateFunction>();

  function validatorOf(schema: object): ValidateFunction {
    const known = validators.get(schema);
    if (known !== undefined) return known;
    // References point into the document's components.
    const validator = ajv.compile({ ...schema, components: document.components });
    validators.set(schema, validator);
    return validator;
  }

  function assertValid(schema: object, value: unknown, what: string): void {
    const validate = validatorOf(schema);
    if (validate(value)) return;
    assert.fail(`${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
  }

  return (method, path, status, headers, body) => {
    const what = `${method} ${path} ${status}`;
    const given = headers instanceof Headers ? Object.fromEntries(headers) : headers;
    const described = operationOf(document, method, path).responses[String(status)];
    assert.ok(described, `${what} is not described`);
    const answer = resolveReference<Answer>(document, described);
    const type = String(given['content-type']).split(';')[0] ?? '';
    const content = answer.content?.[type];
    assert.ok(content, `${what}: content type ${type} is not described`);
    assertValid(content.schema, JSON.parse(body), `${what} body`);
    for (const [name, reference] of Object.entries(answer.headers ?? {})) {
      const header = resolveReference<Header>(document, reference);
      const text = given[name.toLowerCase()];
      if (text === undefined) {
        assert.ok(!header.required, `${what}: header ${name} is missing`);
        continue;
      }
      const isWhole = (header.schema as { type?: string }).type === 'integer';
      assertValid(header.schema, isWhole ? Number(text) : text, `${what} ${name}`);
    }
  };
}

/** The same for a single answer. */
export function assertMatchesApi(document: ApiDocument, ...answer: Parameters<ApiCheck>): void {
  makeApiCheck(document)(...answer);
}
