/**
 * The problem documents of the API description: one schema for all, and one reusable answer for
 * each set of codes that goes with a status.
 */
import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { ERRORS, type ErrorCode, type Retry } from '../../domain/errors.ts';
import { type HEADERS, headersOf } from './openapi-headers.ts';
import { sampleProblem } from './openapi-samples.ts';
import { PROBLEM_CONTENT_TYPE } from './problem-details.ts';
import { needsRetryAfter, STATUS_OF } from './status.ts';

type Responses = RouteConfig['responses'];

/** `owner` names an answer that stands for several codes: `Pay` and 400 make `Pay400`. */
export type DescribeProblems = (owner: string, codes: readonly ErrorCode[]) => Responses;

function pascalCase(code: ErrorCode): string {
  return code.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Its advice depends on the case: the payment was closed, or its answer was pruned. */
function retriesOf(code: ErrorCode): Retry[] {
  return code === 'idempotency-key-expired' ? ['new-key', 'never'] : [ERRORS[code].retry];
}

function headersOfProblem(status: number) {
  const named: (keyof typeof HEADERS)[] = [];
  if (needsRetryAfter(status)) named.push('Retry-After');
  if (status === 401) named.push('WWW-Authenticate');
  if (status === 402) named.push('LocationAlways');
  if (status === 405) named.push('Allow');
  if (status === 409 || status === 422 || status === 502 || status === 503) named.push('Location');
  if (status === 402 || status === 422) named.push('Idempotent-Replayed');
  if (status === 429) named.push('RateLimit', 'RateLimit-Policy');
  return headersOf(...named);
}

function responseOf(status: number, codes: readonly ErrorCode[]) {
  const samples = codes.flatMap((code) => {
    const value = sampleProblem(code);
    return value === undefined ? [] : [[code, { value }] as const];
  });
  const narrowed = {
    properties: {
      status: { const: status },
      code: { enum: [...codes] },
      retry: { enum: [...new Set(codes.flatMap(retriesOf))] },
    },
    ...(status === 402 && { required: ['failure', 'paymentId', 'provider'] }),
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(' '),
    headers: headersOfProblem(status),
    content: {
      [PROBLEM_CONTENT_TYPE]: {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, narrowed] },
        ...(samples.length > 0 && { examples: Object.fromEntries(samples) }),
      },
    },
  };
}

export function makeDescribeProblems(registry: OpenAPIRegistry): DescribeProblems {
  const known = new Map<string, { $ref: string }>();

  return (owner, codes) => {
    const responses: Responses = {};
    for (const [status, group] of Map.groupBy(new Set(codes), (code) => STATUS_OF[code])) {
      const [code] = group;
      const name = group.length === 1 && code ? pascalCase(code) : `${owner}${status}`;
      const id = group.join();
      const response = known.get(id) ?? {
        $ref: registry.registerComponent('responses', name, responseOf(status, group)).ref.$ref,
      };
      known.set(id, response);
      responses[status] = response;
    }
    return responses;
  };
}
