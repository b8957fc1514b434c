/**
 * Airtel's words: three shapes of error body, and codes of two layers. Sources: the portal's
 * documentation in several copies, and error tables of integrators that agree with each other.
 */
import type {
  DeclineReason,
  Trouble,
  WireAnswer,
  WireOperation,
} from '../../src/domain/simulator.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

export const json = (status: number, value: unknown): WireAnswer => ({
  status,
  headers: JSON_HEADERS,
  body: JSON.stringify(value),
});

interface EnvelopeStatus {
  code: string;
  message: string;
  result_code: string;
  /** Younger than `result_code`; not every answer has it. */
  response_code?: string;
  success: boolean;
}

/** Shape 1, of the payment services. Business refusals have no `data` and, mostly, HTTP 200. */
export function envelope(http: number, status: EnvelopeStatus, data?: object): WireAnswer {
  return json(http, data === undefined ? { status } : { data, status });
}

/** Shape 2, of the token service. */
export const oauth = (http: number, error: string, description: string): WireAnswer =>
  json(http, { error_description: description, error });

/** Shape 3, of the router in front. */
export const router = (http: number, code: string, message: string): WireAnswer =>
  json(http, { status_message: message, status_code: code });

export const IN_PROCESS = 'DP00800001006';
export const SUCCESS = 'DP00800001001';
export const AMBIGUOUS = 'DP00800001000';
export const EXPIRED = 'DP00800001029';

const FAILURES: Record<DeclineReason, { code: string; message: string }> = {
  'insufficient-funds': { code: 'DP00800001007', message: 'Not enough balance' },
  'limit-exceeded': { code: 'DP00800001003', message: 'Exceeds withdrawal amount limit(s)' },
  'payer-not-found': { code: 'DP00800001005', message: 'Msisdn Not Found' },
  'payer-not-allowed': {
    code: 'DP00800001010',
    message: 'Transaction not permitted to Payee',
  },
  'payer-rejected': { code: 'DP00800001008', message: 'Refused' },
  'payer-timeout': { code: EXPIRED, message: 'Transaction Expired' },
  // Airtel has no word for it; this is its refusal without a reason.
  cancelled: { code: 'DP00800001009', message: 'Do not honor' },
  'amount-rejected': { code: 'DP00800001004', message: 'Invalid Amount' },
};

const MESSAGES = new Map(Object.values(FAILURES).map(({ code, message }) => [code, message]));

export const codeOf = (reason: DeclineReason): string => FAILURES[reason].code;
export const messageOf = (code: string): string => MESSAGES.get(code) ?? 'FAILED';

/** The business refusal: good HTTP, bad news. */
export function businessRefusal(message: string, result: string, response?: string): WireAnswer {
  return envelope(200, {
    code: '400',
    message,
    result_code: result,
    ...(response !== undefined && { response_code: response }),
    success: false,
  });
}

export function declined(reason: DeclineReason): WireAnswer {
  const { code, message } = FAILURES[reason];
  return businessRefusal(message, 'ESB000011', code);
}

export const badField = (message: string): WireAnswer =>
  envelope(400, { code: '400', message, result_code: 'ESB000008', success: false });

export const duplicate = businessRefusal('External transaction id already exists', 'ESB000041');
export const notFound = businessRefusal('Transaction Not Found', 'ESB000045', 'DP00800001025');
export const badSignature = envelope(403, {
  code: '403',
  message: 'Forbidden: x-signature and payload did not match',
  result_code: 'ESB000011',
  response_code: 'DP00800001026',
  success: false,
});
export const invalidClient = oauth(400, 'invalid_client', 'Invalid client authentication');
export const invalidToken = oauth(401, 'invalid_token', 'The access token is invalid or expired');
export const missingPart = router(400, 'ROUTER003', 'Mandatory header or body is missing');
export const wrongCountry = router(400, 'ROUTER006', 'Invalid country');
export const wrongCurrency = router(400, 'ROUTER112', 'Invalid currency');
export const unknownPath = router(404, 'ROUTER404', 'No such service');

/** `data` is the published key. */
export function encryptionKeys(data: object): WireAnswer {
  const status = { code: '200', message: 'SUCCESS', result_code: 'ESB000010', success: true };
  return envelope(200, { ...status, response_code: 'DP02010001001' }, data);
}

function tooMany(headers: Record<string, string>): WireAnswer {
  const status = { code: '429', message: 'Too Many Requests', result_code: 'ESB000001' };
  const answer = envelope(429, { ...status, success: false });
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

export function trouble(kind: Trouble, operation: WireOperation): WireAnswer {
  switch (kind) {
    case 'refuse':
      return tooMany({});
    case 'too-many':
      return tooMany({ 'retry-after': '1' });
    case 'http-500':
      return envelope(500, {
        code: '500',
        message: 'Something went wrong',
        result_code: 'ESB000001',
        response_code: AMBIGUOUS,
        success: false,
      });
    case 'unauthorized':
      return operation === 'token' ? invalidClient : invalidToken;
  }
}
