/** The magic numbers of MTN's own sandbox for requesttopay. Here they work with any currency. */
import type { Fate } from '../../src/domain/simulator.ts';

const fails = (code: string): Fate => ({ kind: 'fails', code });

const FATES: Record<string, Fate> = {
  '+46733123450': fails('INTERNAL_PROCESSING_ERROR'),
  '+46733123451': fails('APPROVAL_REJECTED'),
  '+46733123452': fails('EXPIRED'),
  // "Ongoing": MTN's first documentation says that it succeeds when asked again after 30 s.
  '+46733123453': { kind: 'succeeds', afterMs: 30_000 },
  // "Delayed": documented as pending, and no source has seen it end.
  '+46733123454': { kind: 'stays-pending' },
  '+46733123455': fails('PAYER_NOT_FOUND'),
  '+46733123456': fails('PAYEE_NOT_ALLOWED_TO_RECEIVE'),
  '+46733123457': fails('NOT_ALLOWED'),
  '+46733123458': fails('NOT_ALLOWED_TARGET_ENVIRONMENT'),
  '+46733123459': fails('INVALID_CALLBACK_URL_HOST'),
  '+46733123460': fails('INVALID_CURRENCY'),
  '+46733123461': fails('INTERNAL_PROCESSING_ERROR'),
  '+46733123462': fails('SERVICE_UNAVAILABLE'),
  '+46733123463': fails('COULD_NOT_PERFORM_TRANSACTION'),
};

export function sandboxFate(msisdn: string): Fate | undefined {
  return FATES[msisdn];
}

/** accountholder/active has an order of its own: 450 is not found, 451 not active. */
export function holderState(id: string): 'active' | 'inactive' | 'unknown' {
  if (id === '46733123450') return 'unknown';
  return id === '46733123451' ? 'inactive' : 'active';
}
