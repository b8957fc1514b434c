/**
 * `POST /v1/pay`: reads the request strictly, asks the use case, and writes its answer byte for
 * byte.
 */
import type { Request, RequestHandler, Response } from 'express';
import { GatewayError } from '../../domain/errors.ts';
import type { Gateway, PayCommand } from '../../domain/gateway.ts';
import type { StoredAnswer } from '../../domain/ports.ts';
import type { Logger } from '../../domain/telemetry.ts';
import { checkDeclaredLength, readBody } from './body-reader.ts';
import type { Catalogue } from './catalogue.ts';
import { contextOf, merchantOf, type RequestContext } from './context.ts';
import { fieldErrors } from './field-errors.ts';
import { missingIdempotencyKey, readIdempotencyKey } from './idempotency-key.ts';
import type { LoadGate } from './load-gate.ts';
import { type PayMeaning, readPayRequest } from './pay-command.ts';
import { type PayRequest, paySchema } from './pay-schema.ts';
import { paymentLocation } from './payment-location.ts';
import { sendProblem } from './problem-details.ts';
import { isSeedRequest, readSeedRequest, SEED_POINTERS } from './seed-dialect.ts';
import { sendText } from './send.ts';
import { parseStrictJson, type StrictJson } from './strict-json.ts';
import { continueTrace, traceIdOf } from './traceparent.ts';
import { makeWalletReader } from './wallet.ts';

const JSON_TYPE_PATTERN = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;

export interface PayRouteOptions {
  gateway: Gateway;
  catalogue: Catalogue;
  seedDialect: boolean;
  loadGate: LoadGate;
  logger: Logger;
}

/** Node keeps the first of several headers in silence; two readers must not see two types. */
function isRepeated({ rawHeaders }: Request, name: string): boolean {
  let found = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index] as string;
    if (header.length === name.length && header.toLowerCase() === name) found += 1;
  }
  return found > 1;
}

/** What can be said before a byte of the body is read. */
export const checkMedia: RequestHandler = (request, response, next) => {
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  if (type === undefined || !JSON_TYPE_PATTERN.test(type) || isRepeated(request, 'content-type')) {
    throw new GatewayError('media-type-unsupported', 'Send one Content-Type: application/json.');
  }
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new GatewayError('media-type-unsupported', 'Send the body without a content encoding.');
  }
  checkDeclaredLength(request, response);
  next();
};

function checkPayRequest(json: StrictJson): PayRequest {
  const parsed = paySchema.safeParse(json.value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new GatewayError('body-invalid', 'The body does not fit the description of this request.', {
    errors: fieldErrors(parsed.error),
  });
}

export function makePayRoute(options: PayRouteOptions): RequestHandler {
  const { gateway, catalogue, seedDialect, loadGate, logger } = options;
  const reader = { catalogue, readWallet: makeWalletReader() };

  async function read(
    request: Request,
    context: RequestContext,
  ): Promise<{ key: string; meaning: PayMeaning }> {
    const key = readIdempotencyKey(request.headers['idempotency-key']);
    if (key === null && !seedDialect) throw missingIdempotencyKey();
    const body = await readBody(request);
    // Only now: a caller who sends slowly takes no place.
    loadGate.enter(context);
    const json = parseStrictJson(body);
    if (seedDialect && isSeedRequest(json.value)) {
      const seed = readSeedRequest(json, { catalogue, headerKey: key });
      const meaning = readPayRequest(seed.request, reader, SEED_POINTERS);
      return { key: seed.idempotencyKey, meaning };
    }
    if (key === null) throw missingIdempotencyKey();
    return { key, meaning: readPayRequest(checkPayRequest(json), reader) };
  }

  async function answer(request: Request, response: Response): Promise<void> {
    const context = contextOf(response);
    const { key, meaning } = await read(request, context);
    const traceparent = continueTrace(request.headers.traceparent, context.requestId);
    context.traceId = traceIdOf(traceparent);
    // Not by spreading, which would leave the fingerprint out.
    const command: PayCommand = Object.assign(meaning, {
      merchantId: merchantOf(response),
      idempotencyKey: key,
      requestId: context.requestId,
      traceparent,
      arrivedAtMs: context.arrivedAtMs,
    });
    const result = await gateway.pay(command);
    context.paymentId = result.answer.paymentId;
    if (result.replayed) response.setHeader('Idempotent-Replayed', 'true');
    sendAnswer(response, result.answer);
  }

  return async (request, response) => {
    try {
      await answer(request, response);
    } catch (error) {
      // Not through Express, which asks every route that follows: a 503 must cost little.
      sendProblem({ response, requestId: contextOf(response).requestId, logger }, error);
    }
  };
}

function sendAnswer(response: Response, { status, body, contentType, paymentId }: StoredAnswer) {
  response.setHeader('Location', paymentLocation(paymentId));
  sendText(response, status, contentType, body);
}
