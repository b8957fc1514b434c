/** IAM policies as JSON: the account is a setting, so that all of them are known before anything is. */
import type { Settings } from '../settings/schema.ts';

export interface Statement {
  Sid?: string;
  Effect?: 'Allow' | 'Deny';
  Principal?: Readonly<Record<string, string | readonly string[]>> | '*';
  Action: string | readonly string[];
  /** Absent in a trust policy alone. */
  Resource?: string | readonly string[];
  Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export function policy(...statements: Statement[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  });
}

/** Who may take a role: a service of AWS, in this account alone, so that nobody borrows it for us. */
export function trust(service: string, settings: Settings): string {
  return policy({
    Principal: { Service: service },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'aws:SourceAccount': settings.account } },
  });
}

/** The account's administrators: without them nobody could ever change or delete the key. */
export function administrators(settings: Settings): Statement {
  return {
    Sid: 'Administrators',
    Principal: { AWS: `arn:aws:iam::${settings.account}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
}
