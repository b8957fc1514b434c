/** The public API: what is served where, and what every request goes through first. */
import { randomUUID } from 'node:crypto';
import type { Express, RequestHandler } from 'express';
import helmet from 'helmet';
import { GatewayError } from '../../domain/errors.ts';
import type { ApiKeyVerifier, Gateway } from '../../domain/gateway.ts';
import type { Clock } from '../../domain/ports.ts';
import type { Logger, Metrics } from '../../domain/telemetry.ts';
import { makeAdmission } from './admission.ts';
import { makeAuthenticate } from './authenticate.ts';
import { callbackPaths, makeCallbackRoute } from './callback-route.ts';
import { type CatalogueEntry, makeCatalogue } from './catalogue.ts';
import { contextOf } from './context.ts';
import { DOCS_ASSETS, makeDocsRoutes } from './docs-route.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type LoopDelay, makeLoadGate, makeLoopDelay } from './load-gate.ts';
import { makeOpenApiDocument, type OpenApiDocument } from './openapi.ts';
import { checkMedia, makePayRoute } from './pay-route.ts';
import { makeListSchema } from './query.ts';
import { makeRateLimits } from './rate-limit.ts';
import type { RateLimitRedis } from './rate-limit-store.ts';
import {
  makeGetPaymentRoute,
  makeListPaymentsRoute,
  makeProvidersRoute,
  makeTimelineRoute,
} from './read-routes.ts';
import { type Handlers, makeErrorHandler, makeExpress, notFound, serve } from './routing.ts';
import { sendJson, sendText } from './send.ts';
import type { HttpSettings } from './settings.ts';

export interface AppOptions {
  gateway: Gateway;
  keys: ApiKeyVerifier;
  providers: readonly CatalogueEntry[];
  settings: HttpSettings;
  /** For the rate limits; null leaves one limit per process. */
  redis: RateLimitRedis | null;
  logger: Logger;
  metrics: Metrics;
  clock: Clock;
  lifecycle: Lifecycle;
  /** @default the event loop's own delay, measured */
  loopDelay?: LoopDelay;
  /** A fresh UUID per request. @default randomUUID */
  newRequestId?: () => string;
}

export interface App {
  app: Express;
  document: OpenApiDocument;
  close(): void;
}

const OPENAPI_PATH = '/openapi.json';

function makeHealthRoute(lifecycle: Lifecycle): RequestHandler {
  return (_request, response) => {
    if (lifecycle.phase() !== 'serving') {
      throw new GatewayError('shutting-down', 'This server is leaving the load balancer.');
    }
    sendJson(response, 200, { status: 'ok' });
  };
}

function makeApiHeaders(): RequestHandler {
  const directives = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };
  return helmet({ contentSecurityPolicy: { useDefaults: false, directives } });
}

export function makeApp(options: AppOptions): App {
  const { gateway, keys, settings, redis, logger, metrics, clock, lifecycle } = options;
  const catalogue = makeCatalogue(options.providers);
  const listSchema = makeListSchema(catalogue.names);
  const callbacks = callbackPaths(catalogue);
  const { answerRetentionDays, seedDialect, demoMerchantId } = settings;
  const document = makeOpenApiDocument({
    ...{ catalogue, listSchema, callbacks, answerRetentionDays, seedDialect },
  });
  const loopDelay = options.loopDelay ?? makeLoopDelay();
  const loadGate = makeLoadGate({ ...settings, loopDelay });
  const limits = makeRateLimits({ ...settings, redis, clock });
  const { count: countAddress, refuseSpent } = limits.address;
  const authenticate = makeAuthenticate({ keys, demoMerchantId, countAddress, refuseSpent });
  const enter: RequestHandler = (_request, response, next) => {
    loadGate.enter(contextOf(response));
    next();
  };
  const limited = [limits.merchant.count, limits.merchant.tell];
  const reader = [authenticate('payments:read'), ...limited, enter];
  const newRequestId = options.newRequestId ?? randomUUID;

  const app = makeExpress(settings.trustedProxyHops);
  app.use(makeAdmission({ clock, logger, metrics, lifecycle, loadGate, newRequestId }));
  app.use(makeApiHeaders());
  const at = (path: string, handlers: Handlers, pattern = path) =>
    serve(app, { path, pattern, handlers }, countAddress);

  const pay = makePayRoute({ gateway, catalogue, seedDialect, loadGate, logger });
  at('/v1/pay', { POST: [checkMedia, authenticate('payments:write'), ...limited, pay] });
  const getPayment = [...reader, makeGetPaymentRoute(gateway)];
  at('/v1/payments/:id', { GET: getPayment }, '/v1/payments/{id}');
  const getTimeline = [...reader, makeTimelineRoute(gateway)];
  at('/v1/payments/:id/timeline', { GET: getTimeline }, '/v1/payments/{id}/timeline');
  at('/v1/payments', { GET: [...reader, makeListPaymentsRoute(gateway, listSchema)] });
  at('/v1/providers', { GET: [...reader, makeProvidersRoute(gateway)] });
  for (const target of callbacks) {
    const callback = makeCallbackRoute({ gateway, loadGate, countAddress, refuseSpent, target });
    const handlers = Object.fromEntries(target.methods.map((method) => [method, [callback]]));
    at(target.path, handlers, target.pattern);
  }
  at('/healthz', { GET: [makeHealthRoute(lifecycle)] });
  servePublicDocs(app, document, countAddress);
  app.use(countAddress, notFound);
  app.use(makeErrorHandler(logger));

  return {
    app,
    document,
    close() {
      loopDelay.close();
      limits.merchant.close();
      limits.address.close();
    },
  };
}

function servePublicDocs(app: Express, document: OpenApiDocument, count: RequestHandler): void {
  const documentText = JSON.stringify(document);
  const sendDocument: RequestHandler = (_request, response) =>
    sendText(response, 200, 'application/json', documentText);
  const docs = makeDocsRoutes(OPENAPI_PATH);
  const at = (path: string, handlers: RequestHandler[], pattern = path) =>
    serve(app, { path, pattern, handlers: { GET: [count, ...handlers] } }, count);
  at(OPENAPI_PATH, [sendDocument]);
  for (const path of ['/docs', '/docs/']) at(path, docs.page, '/docs');
  for (const file of DOCS_ASSETS) at(`/docs/${file}`, docs.asset(file), '/docs/{file}');
}
