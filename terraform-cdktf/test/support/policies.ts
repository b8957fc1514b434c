/** IAM policies as lists of statements, every element a list. */
import type { Plan, Resource } from './plan.ts';
import { references } from './plan.ts';

export interface Statement {
  effect: string;
  actions: string[];
  resources: string[];
  /** `Service: ecs-tasks.amazonaws.com`. */
  principals: string[];
  condition: Record<string, Record<string, unknown>>;
}

type Raw = Record<string, unknown>;

const list = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);

function principalsOf(principal: unknown): string[] {
  if (typeof principal !== 'object' || principal === null) return list(principal);
  return Object.entries(principal).flatMap(([kind, names]) =>
    list(names).map((name) => `${kind}: ${name}`),
  );
}

export function statementsOf(policy: unknown): Statement[] {
  const { Statement: statements } = JSON.parse(String(policy)) as { Statement: Raw[] };
  return statements.map((raw) => ({
    effect: String(raw.Effect),
    actions: list(raw.Action),
    resources: list(raw.Resource),
    principals: principalsOf(raw.Principal),
    condition: (raw.Condition ?? {}) as Statement['condition'],
  }));
}

/** What a role may do by policies of its own. */
export function grantsOf(plan: Plan, role: Resource): Statement[] {
  return plan
    .all('aws_iam_role_policy')
    .filter(({ source }) => references(source.role).includes(role.address))
    .flatMap(({ source }) => statementsOf(source.policy));
}
