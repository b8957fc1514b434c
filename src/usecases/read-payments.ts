import { hash } from 'node:crypto';
import { GatewayError } from '../domain/errors.ts';
import type { ListPaymentsQuery, PaymentPage, TimelineView } from '../domain/gateway.ts';
import type { Payment } from '../domain/payment.ts';
import type { PaymentStore } from '../domain/store.ts';
import { unavailable } from './unavailable.ts';

const PAYMENT_ID = /^pay_[0-9a-f]{32}$/;

/** Reading never shows another merchant's payment: an id that is not yours does not exist. */
export function makeReadPayments(store: Pick<PaymentStore, 'find' | 'list' | 'timeline'>) {
  return {
    async getPayment(merchantId: string, id: string): Promise<Payment | null> {
      if (!PAYMENT_ID.test(id)) return null;
      return await store.find(merchantId, id).catch((error: unknown) => {
        throw unavailable(error);
      });
    },

    async getTimeline(
      merchantId: string,
      id: string,
      { after, limit }: { after: number; limit: number },
    ): Promise<TimelineView | null> {
      if (!PAYMENT_ID.test(id)) return null;
      // One more than asked tells whether there is a next page.
      const page = { after, limit: limit + 1 };
      const found = await store.timeline(merchantId, id, page).catch((error: unknown) => {
        throw unavailable(error);
      });
      if (found === null) return null;
      const links = found.links.slice(0, limit);
      const more = found.links.length > limit;
      return { head: found.head, links, nextAfter: more ? (links.at(-1)?.number ?? null) : null };
    },

    async listPayments(merchantId: string, query: ListPaymentsQuery): Promise<PaymentPage> {
      const { cursor, limit, ...filters } = query;
      const tag = tagOf(filters);
      const after = cursor === undefined ? undefined : readCursor(cursor, tag);
      // One more than asked tells whether there is a next page.
      const listing = { ...filters, limit: limit + 1, ...(after && { after }) };
      const found = await store.list(merchantId, listing).catch((error: unknown) => {
        throw unavailable(error);
      });
      const payments = found.slice(0, limit);
      const last = payments.at(-1);
      const more = found.length > limit && last !== undefined;
      return { payments, nextCursor: more ? writeCursor(last.id, tag) : null };
    },
  };
}

type Filters = Omit<ListPaymentsQuery, 'cursor' | 'limit'>;

const ID_BYTES = 16;
/** Enough to notice a mistake; a cursor is no secret and no proof. */
const TAG_BYTES = 6;

/** Equal for equal filters. */
function tagOf({ reference, status, provider, createdAfter, createdBefore }: Filters): Buffer {
  const text = JSON.stringify([reference, status, provider, createdAfter, createdBefore]);
  return hash('sha256', text, 'buffer').subarray(0, TAG_BYTES);
}

/** Opaque on purpose: what it holds may change. Now the last id and the tag of the filters. */
function writeCursor(id: string, tag: Buffer): string {
  return Buffer.concat([Buffer.from(id.slice('pay_'.length), 'hex'), tag]).toString('base64url');
}

function readCursor(cursor: string, tag: Buffer): string {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== ID_BYTES + TAG_BYTES) throw badCursor('must be the nextCursor of a page');
  if (!bytes.subarray(ID_BYTES).equals(tag)) {
    throw badCursor('must go with the filters of the page that gave it; only limit may change');
  }
  return `pay_${bytes.toString('hex', 0, ID_BYTES)}`;
}

function badCursor(detail: string): GatewayError {
  const errors = [{ pointer: '/cursor', code: 'invalid', detail }];
  return new GatewayError('query-invalid', `The cursor ${detail}.`, { errors });
}
