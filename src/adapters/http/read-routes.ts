/** What a merchant can look at: one payment, its payments, the providers. */
import type { RequestHandler, Response } from 'express';
import { GatewayError } from '../../domain/errors.ts';
import type { Gateway, ProviderHealthView } from '../../domain/gateway.ts';
import { paymentView, timelineView } from './answers.ts';
import { contextOf, merchantOf } from './context.ts';
import { TIMELINE_LIMIT, timelineQuerySchema } from './outcome-schema.ts';
import { type ListSchema, readListQuery, readQuery } from './query.ts';
import { sendJson } from './send.ts';

const PAYMENT_ID_PATTERN = /^pay_[0-9a-f]{32}$/;

function noSuchPayment(): GatewayError {
  return new GatewayError('not-found', 'There is no such payment.');
}

function paymentIdOf(id: unknown, response: Response): string {
  if (typeof id !== 'string' || !PAYMENT_ID_PATTERN.test(id)) throw noSuchPayment();
  contextOf(response).paymentId = id;
  return id;
}

/** Somebody else's payment is as unknown as one that never was (SEC-3). */
export function makeGetPaymentRoute(gateway: Gateway): RequestHandler {
  return async (request, response) => {
    const id = paymentIdOf(request.params.id, response);
    const payment = await gateway.getPayment(merchantOf(response), id);
    if (payment === null) throw noSuchPayment();
    sendJson(response, 200, paymentView(payment));
  };
}

/** Somebody else's timeline is as unknown as its payment. */
export function makeTimelineRoute(gateway: Gateway): RequestHandler {
  return async (request, response) => {
    const id = paymentIdOf(request.params.id, response);
    const { after = 0 } = readQuery(timelineQuerySchema, request.query);
    const page = { after, limit: TIMELINE_LIMIT };
    const timeline = await gateway.getTimeline(merchantOf(response), id, page);
    if (timeline === null) throw noSuchPayment();
    sendJson(response, 200, timelineView(id, timeline));
  };
}

export function makeListPaymentsRoute(gateway: Gateway, schema: ListSchema): RequestHandler {
  return async (request, response) => {
    const query = readListQuery(schema, request.query);
    const { payments, nextCursor } = await gateway.listPayments(merchantOf(response), query);
    sendJson(response, 200, { data: payments.map(paymentView), nextCursor });
  };
}

function healthView({ provider, market, currencies, operations }: ProviderHealthView) {
  return { provider, market, currencies, operations };
}

export function makeProvidersRoute(gateway: Gateway): RequestHandler {
  return (_request, response) => {
    sendJson(response, 200, { data: gateway.providerHealth().map(healthView) });
  };
}
