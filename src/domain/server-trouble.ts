/**
 * What a driver's error says about our settings, in words for whoever reads the log at night: which setting is at
 * fault, and never its value. Errors are told apart by what they carry, so that this needs no driver.
 */

export type ServerName = 'database' | 'redis' | 'kafka';

export interface ServerTrouble {
  /** `the database refuses the user or the password (DATABASE_USER, DATABASE_PASSWORD)`. */
  reason: string;
  /**
   * Waiting will not mend it. A refused password is not lasting: the user may be about to be made, by `migrate` or
   * by whoever rotates.
   */
  lasting: boolean;
}

interface Facts {
  code: string;
  message: string;
  /** Kafka's own name of an error. */
  apiId: string;
}

interface Rule {
  matches(facts: Facts): boolean;
  /** Goes on from the server's name. */
  words: string;
  /** Settings, without the server's prefix. */
  settings: readonly string[];
  lasting: boolean;
}

const codes = (...wanted: string[]) => {
  return ({ code }: Facts) => wanted.includes(code);
};
const apiIds = (...wanted: string[]) => {
  return ({ apiId }: Facts) => wanted.includes(apiId);
};
const says = (pattern: RegExp) => {
  return ({ message }: Facts) => pattern.test(message);
};

/** OpenSSL's words for a chain that does not end at an authority of ours. */
const UNKNOWN_AUTHORITY = codes(
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
);
const LOGIN = ['USER', 'PASSWORD'];

/** The first that matches any error of the chain is the one that is told. */
const RULES: readonly Rule[] = [
  {
    matches: UNKNOWN_AUTHORITY,
    words: "'s certificate is not signed by an authority that we know",
    settings: ['CA'],
    lasting: true,
  },
  {
    matches: codes('ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'),
    words: "'s certificate is for another host",
    settings: ['HOST'],
    lasting: true,
  },
  {
    matches: codes('CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'),
    words: "'s certificate has expired or is not valid yet: renew it there, or set this clock",
    settings: [],
    lasting: false,
  },
  {
    matches: says(/^The server does not support SSL|wrong version number|packet length too long/i),
    words: ' does not speak TLS at this port',
    settings: ['TLS', 'PORT'],
    lasting: true,
  },
  {
    matches: says(/no pg_hba\.conf entry .* no encryption$|^Broker requires TLS/),
    words: ' wants TLS',
    settings: ['TLS'],
    lasting: true,
  },
  {
    matches: says(/client password must be a string|^NOAUTH /),
    words: ' wants a password, and has none from us',
    settings: LOGIN,
    lasting: true,
  },
  {
    matches: (facts) =>
      codes('28P01')(facts) ||
      says(/^WRONGPASS |^ERR invalid password/)(facts) ||
      apiIds('SASL_AUTHENTICATION_FAILED')(facts),
    words: ' refuses the user or the password',
    settings: LOGIN,
    lasting: false,
  },
  {
    matches: says(/^ERR AUTH .* without any password configured/),
    words: ' knows no passwords',
    settings: ['PASSWORD'],
    lasting: true,
  },
  {
    matches: codes('28000'),
    words: ' does not let this user in from here',
    settings: ['USER'],
    lasting: false,
  },
  {
    matches: codes('3D000'),
    words: ' server has no database of this name',
    settings: ['NAME'],
    lasting: false,
  },
  {
    matches: apiIds('UNSUPPORTED_SASL_MECHANISM'),
    words: ' does not take this way to log in',
    settings: ['SASL_MECHANISM'],
    lasting: true,
  },
  {
    matches: says(/^Cannot find a suitable SASL mechanism/),
    words: ' ended the connection when we began to log in',
    settings: ['TLS', 'SASL_MECHANISM'],
    lasting: false,
  },
  {
    matches: (facts) => says(/^NOPERM /)(facts) || /_AUTHORIZATION_FAILED$/.test(facts.apiId),
    words: ' does not allow this user what the gateway needs',
    settings: ['USER'],
    lasting: false,
  },
  {
    matches: codes('ENOTFOUND'),
    words: "'s host name is unknown",
    settings: ['HOST'],
    lasting: false,
  },
];

const NAMES: Readonly<Record<ServerName, string>> = {
  database: 'the database',
  redis: 'Redis',
  kafka: 'Kafka',
};

/** undefined: it does not point at a setting; an outage does not. */
export function troubleOf(server: ServerName, error: unknown): ServerTrouble | undefined {
  const facts = linkedErrors(error).map(factsOf);
  const rule = RULES.find(({ matches }) => facts.some(matches));
  if (rule === undefined) return undefined;
  const settings = rule.settings.map((setting) => settingName(server, setting)).join(', ');
  const reason = `${NAMES[server]}${rule.words}${settings === '' ? '' : ` (${settings})`}`;
  return { reason, lasting: rule.lasting };
}

/** The error with its words in front, when there are any. */
export function explained(server: ServerName, error: unknown): unknown {
  const trouble = troubleOf(server, error);
  return trouble === undefined ? error : new Error(trouble.reason, { cause: error });
}

/** Kafka's addresses are a list. */
function settingName(server: ServerName, setting: string): string {
  if (server === 'kafka' && (setting === 'HOST' || setting === 'PORT')) return 'KAFKA_BROKERS';
  return `${server.toUpperCase()}_${setting}`;
}

const MAX_LINKS = 100;

/** An error, its causes and its parts: drivers wrap the one that matters. */
export function linkedErrors(error: unknown): object[] {
  const found: object[] = [];
  const waiting = [error];
  while (waiting.length > 0 && found.length < MAX_LINKS) {
    const next = waiting.shift();
    if (typeof next !== 'object' || next === null || found.includes(next)) continue;
    found.push(next);
    const { cause, errors } = next as { cause?: unknown; errors?: unknown };
    waiting.push(cause, ...(Array.isArray(errors) ? errors : []));
  }
  return found;
}

function factsOf(error: object): Facts {
  const { code, message, apiId } = error as Partial<Record<keyof Facts, unknown>>;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { code: text(code), message: text(message), apiId: text(apiId) };
}
