import { GatewayError } from '../domain/errors.ts';
import type { ListPaymentsQuery, PaymentPage } from '../domain/gateway.ts';
import type { Payment } from '../domain/payment.ts';
import type { PaymentStore } from '../domain/store.ts';
import { unavailable } from './unavailable.ts';

const PAYMENT_ID = /^pay_[0-9a-f]{32}$/;

/** Reading never shows another merchant's payment: an id that is not yours does not exist. */
export function makeReadPayments(store: Pick<PaymentStore, 'find' | 'list'>) {
  return {
    async getPayment(merchantId: string, id: string): Promise<Payment | null> {
      if (!PAYMENT_ID.test(id)) return null;
      return await store.find(merchantId, id).catch((error: unknown) => {
        throw unavailable(error);
      });
    },

    async listPayments(merchantId: string, query: ListPaymentsQuery): Promise<PaymentPage> {
      const { cursor, limit, ...filters } = query;
      const after = cursor === undefined ? undefined : readCursor(cursor);
      // One more than asked tells whether there is a next page.
      const listing = { ...filters, limit: limit + 1, ...(after && { after }) };
      const found = await store.list(merchantId, listing).catch((error: unknown) => {
        throw unavailable(error);
      });
      const payments = found.slice(0, limit);
      const last = payments.at(-1);
      const more = found.length > limit && last !== undefined;
      return { payments, nextCursor: more ? writeCursor(last.id) : null };
    },
  };
}

/** Opaque on purpose: what it holds may change. */
function writeCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (PAYMENT_ID.test(id)) return id;
  const errors = [{ pointer: 'cursor', code: 'invalid', detail: 'is no cursor of ours' }];
  throw new GatewayError('query-invalid', 'The cursor cannot be read.', { errors });
}
