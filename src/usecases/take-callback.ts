import { timingSafeEqual } from 'node:crypto';
import { StoreUnavailable } from '../domain/errors.ts';
import type { CallbackResult } from '../domain/gateway.ts';
import type { PaymentProvider, RawCallback } from '../domain/provider.ts';
import type { ReferenceKeys } from '../domain/secrets.ts';
import type { PaymentStore } from '../domain/store.ts';
import type { Logger } from '../domain/telemetry.ts';
import { unavailable } from './unavailable.ts';

export interface TakeCallbackDeps {
  store: Pick<PaymentStore, 'hint' | 'findByReference'>;
  references: ReferenceKeys;
  /** All instances of a provider, one for each market. */
  instances(provider: string): readonly PaymentProvider[];
  logger: Logger;
}

const PAYMENT_ID = /^pay_[0-9a-f]{32}$/;

/** `<payment id without its prefix>.<mac>`: only the provider that we told it to can know it. */
export function callbackToken(references: ReferenceKeys, paymentId: string): string {
  return `${paymentId.slice(4)}.${references.callbackMac(paymentId)}`;
}

/**
 * A callback is a hint: whatever it claims, it only makes us ask the provider sooner. It is never an
 * outcome, and a payment under dispatch is not touched before its lease ends.
 */
export function makeTakeCallback({ store, references, instances, logger }: TakeCallbackDeps) {
  return async function takeCallback(
    provider: string,
    token: string | null,
    raw: RawCallback,
  ): Promise<CallbackResult> {
    const parsed = instances(provider).map((instance) => ({
      instance,
      hint: instance.parseCallback(raw),
    }));
    const read = parsed.find(({ hint }) => hint.ok);
    if (!read?.hint.ok) {
      logger.warn('a callback was rejected', { provider, reason: reasonOf(parsed[0]?.hint) });
      return parsed.length === 0 ? 'not-found' : 'rejected';
    }
    const { hint } = read;
    try {
      const paymentId =
        token !== null
          ? paymentOf(token)
          : hint.reference &&
            (await find(
              parsed.map(({ instance }) => instance),
              hint.reference,
            ));
      if (!paymentId) return 'not-found';
      const result = await store.hint(paymentId, provider, hint.claimed);
      // Nothing can have left for a provider that the payment left: if this is true, it was charged there all the same.
      if (result === 'elsewhere') {
        const says = { status: hint.claimed, paymentId, provider };
        logger.error('a callback of a provider that the payment went on from', says);
      }
      return result === 'unknown' ? 'not-found' : 'accepted';
    } catch (error) {
      throw error instanceof StoreUnavailable ? unavailable(error) : error;
    }
  };

  function paymentOf(token: string): string | null {
    const [id = '', mac = ''] = token.split('.', 2);
    const paymentId = `pay_${id}`;
    if (!PAYMENT_ID.test(paymentId)) return null;
    const expected = Buffer.from(references.callbackMac(paymentId));
    const given = Buffer.from(mac);
    return given.length === expected.length && timingSafeEqual(given, expected) ? paymentId : null;
  }

  async function find(markets: PaymentProvider[], reference: string): Promise<string | null> {
    for (const { name, market } of markets) {
      const paymentId = await store.findByReference(name, market, reference);
      if (paymentId) return paymentId;
    }
    return null;
  }
}

function reasonOf(hint: { ok: boolean; why?: string } | undefined): string {
  return hint?.why ?? 'provider-not-configured';
}
