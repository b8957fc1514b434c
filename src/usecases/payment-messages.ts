import { EVENT_DATA_SCHEMA, JOB_DATA_SCHEMA } from '../domain/cloud-event.ts';
import type { Decision } from '../domain/decision.ts';
import type { CloudEvent, OutboundMessage, Topic } from '../domain/event.ts';
import { TOPICS } from '../domain/event.ts';
import { formatAmount } from '../domain/money.ts';
import { outcomeOf } from '../domain/outcome.ts';
import { currentAttempt, type Payment } from '../domain/payment.ts';

export interface MessageContext {
  messageKey: string;
  traceparent: string;
  sequences: { jobs: number; events: number };
  newEventId(): string;
}

const SOURCE = '/payment-gateway';

/** The messages of one decision, with the payment as it is after it. Ids are made here, once. */
export function messagesFor(payment: Payment, decision: Decision, context: MessageContext) {
  const messages: (OutboundMessage & { eventId: string })[] = [];
  if (decision.event === null) return messages;
  const add = (topic: Topic, sequence: number) => {
    messages.push(makeMessage(topic, sequence, payment, decision.event as string, context));
  };
  if (decision.job) add(TOPICS.jobs, context.sequences.jobs + 1);
  add(TOPICS.events, context.sequences.events + 1);
  return messages;
}

function makeMessage(
  topic: Topic,
  sequence: number,
  payment: Payment,
  type: string,
  { messageKey, traceparent, newEventId }: MessageContext,
): OutboundMessage & { eventId: string } {
  const eventId = newEventId();
  const event: CloudEvent = {
    specversion: '1.0',
    id: eventId,
    source: SOURCE,
    type,
    subject: payment.id,
    time: payment.updatedAt.toISOString(),
    datacontenttype: 'application/json',
    dataschema: topic === TOPICS.jobs ? JOB_DATA_SCHEMA : EVENT_DATA_SCHEMA,
    sequence: String(sequence),
    traceparent,
    data: {
      paymentId: payment.id,
      merchantId: payment.merchantId,
      status: payment.status,
      amount: formatAmount(payment.amountMinor, payment.currency),
      currency: payment.currency,
      provider: payment.provider,
      market: payment.market,
      providerReference: currentAttempt(payment).providerReference,
      payer: { msisdn: payment.payerMasked },
      reference: payment.reference,
      failure: payment.failure,
      createdAt: payment.createdAt.toISOString(),
      updatedAt: payment.updatedAt.toISOString(),
      ...(topic === TOPICS.events && { outcome: outcomeOf(payment) }),
    },
  };
  return {
    eventId,
    topic,
    key: messageKey,
    value: JSON.stringify(event),
    headers: { 'content-type': 'application/cloudevents+json', traceparent },
  };
}
