/** What each role cannot work without. */
export const ROLES = ['api', 'worker', 'simulators', 'dev', 'migrate', 'admin', 'verify'] as const;
export type Role = (typeof ROLES)[number];

export type SecretVariable =
  | 'REFERENCE_SECRET'
  | 'API_KEY_PEPPER'
  | 'BLIND_INDEX_KEY'
  | 'ENCRYPTION_KEYS';

export interface RoleNeeds {
  database: boolean;
  kafka: boolean;
  /** At least one provider. */
  providers: boolean;
  secrets: readonly SecretVariable[];
}

const PAYMENT_SECRETS = ['REFERENCE_SECRET', 'BLIND_INDEX_KEY', 'ENCRYPTION_KEYS'] as const;
const NOTHING = { database: false, kafka: false, providers: false, secrets: [] } as const;

export const ROLE_NEEDS: Readonly<Record<Role, RoleNeeds>> = {
  api: {
    database: true,
    kafka: false,
    providers: true,
    secrets: [...PAYMENT_SECRETS, 'API_KEY_PEPPER'],
  },
  worker: { database: true, kafka: true, providers: true, secrets: PAYMENT_SECRETS },
  // Embedded servers, demo secrets and simulators stand in for all of it.
  dev: NOTHING,
  simulators: NOTHING,
  migrate: { ...NOTHING, database: true },
  // Only `key create` needs the pepper, and says so.
  admin: { ...NOTHING, database: true },
  verify: { ...NOTHING, database: true },
};
