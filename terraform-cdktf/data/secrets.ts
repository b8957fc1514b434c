/**
 * Secrets as JSON in Secrets Manager. Their values are made during an apply and written to AWS alone:
 * an ephemeral resource and a write-only argument leave nothing in a plan or in the state.
 */
import {
  Construct,
  type ITerraformDependable,
  SecretsmanagerSecret,
  SecretsmanagerSecretPolicy,
  SecretsmanagerSecretVersion,
  type TerraformResourceLifecycle,
  Token,
} from '../cdktf.ts';
import { skipCheck } from '../stacks/checkov.ts';
import type { Access, Context, Keys } from '../stacks/parts.ts';
import { policy } from '../stacks/policy.ts';
import { daysToRegret, keep } from '../stacks/protection.ts';

export interface SecretContent {
  /** After the deployment's name, or the whole name when AWS demands a beginning of its own. */
  name: string;
  description: string;
  /** Variable of a task → key of the JSON. */
  variables: Readonly<Record<string, string>>;
  /** An HCL expression of the object. */
  value: string;
  /** For what Terraform rotates: another one writes another value. */
  version?: number;
  /** A service of AWS that reads it by itself. */
  reader?: string;
  /** Deleted only after what names it has changed. */
  outlivesItsUse?: boolean;
  /** It cannot be had back and the data are lost without it. */
  irreplaceable?: boolean;
}

export interface Secret {
  access: Access;
  arn: string;
  value: ITerraformDependable;
  /** What lets `reader` read it. */
  readers: readonly ITerraformDependable[];
}

/**
 * For what people rotate by hand. AWS forgets a version without a label; after two rotations the first
 * one would have none, and an apply would make it anew: another REFERENCE_SECRET, and a payer charged
 * twice. (Where a new version is Terraform's own, a label would be in the way of the old one's removal.)
 */
const remembered = (order: TerraformResourceLifecycle) => ({
  versionStages: ['AWSCURRENT', 'made-by-terraform'],
  lifecycle: { ...order, ignoreChanges: ['version_stages'] },
});

const lifecycleOf = (order: TerraformResourceLifecycle) =>
  Object.keys(order).length > 0 ? order : undefined;

const WHY_NOT_ROTATED =
  'Rotated with two valid versions by a person, as docs/operations.md says: no Lambda of ours to trust';

export class Secrets {
  readonly #context: Context;
  readonly #keys: Keys;
  readonly #scope: Construct;

  constructor(context: Context, keys: Keys) {
    this.#context = context;
    this.#keys = keys;
    this.#scope = new Construct(context.stack, 'secret');
  }

  /** An expression: so many letters and digits, new in each run and kept nowhere by Terraform. */
  random(id: string, length = 48): string {
    this.#context.stack.addOverride(`ephemeral.aws_secretsmanager_random_password.${id}`, {
      password_length: length,
      // Letters and digits stand in a URL, a shell and a connection string without an escape.
      exclude_punctuation: true,
    });
    return `ephemeral.aws_secretsmanager_random_password.${id}.random_password`;
  }

  make(id: string, content: SecretContent): Secret {
    const { settings } = this.#context;
    // Terraform destroys what is made so at the very end, after the updates of what named it.
    const order = content.outlivesItsUse ? { createBeforeDestroy: true } : {};
    const secret = new SecretsmanagerSecret(this.#scope, id, {
      name: content.name,
      description: content.description,
      kmsKeyId: this.#keys.secretsArn,
      recoveryWindowInDays: daysToRegret(settings).secret,
      lifecycle: content.irreplaceable ? keep(settings, order) : lifecycleOf(order),
    });
    const { reader } = content;
    const readers = reader ? [this.#admit(id, secret.arn, reader, lifecycleOf(order))] : [];
    skipCheck(secret, 'CKV2_AWS_57', WHY_NOT_ROTATED);
    const version = new SecretsmanagerSecretVersion(this.#scope, `${id}_value`, {
      secretId: secret.id,
      secretStringWo: Token.asString(`\${jsonencode(${content.value})}`),
      secretStringWoVersion: content.version ?? 1,
      ...(content.version === undefined ? remembered(order) : {}),
    });
    // By the version's ARN: a task must not start before its secret has a value.
    return {
      access: accessTo(version.arn, content.variables),
      arn: secret.arn,
      value: version,
      readers,
    };
  }

  /**
   * To the letter what MSK itself attaches, and would attach again in place of any other. Source: the
   * provider's page of `aws_msk_scram_secret_association`.
   */
  #admit(id: string, secretArn: string, service: string, lifecycle?: TerraformResourceLifecycle) {
    return new SecretsmanagerSecretPolicy(this.#scope, `${id}_reader`, {
      secretArn,
      policy: policy({
        Sid: 'AWSKafkaResourcePolicy',
        Principal: { Service: service },
        Action: 'secretsmanager:getSecretValue',
        Resource: secretArn,
      }),
      lifecycle,
    });
  }
}

/** Each variable of a task from its key in the secret's JSON. */
export function accessTo(arn: string, variables: Readonly<Record<string, string>>): Access {
  const entries = Object.entries(variables).map(([name, key]) => [name, `${arn}:${key}::`]);
  return { environment: {}, secrets: Object.fromEntries(entries), secretArns: [arn] };
}

/** `{ "A" = …, "B" = … }`, of expressions. */
export function objectOf(fields: Readonly<Record<string, string>>): string {
  return `{ ${Object.entries(fields)
    .map(([name, expression]) => `${name} = ${expression}`)
    .join(', ')} }`;
}
