/** The public API: what is served where, and what every request goes through first. */
import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
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
import { sendProblem } from './problem-details.ts';
import { makeListSchema, parseQuery } from './query.ts';
import { makeRateLimits } from './rate-limit.ts';
import type { RateLimitRedis } from './rate-limit-store.ts';
import { makeGetPaymentRoute, makeListPaymentsRoute, makeProvidersRoute } from './read-routes.ts';
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

type Method = 'GET' | 'POST' | 'PUT';
type Handlers = Partial<Record<Method, RequestHandler[]>>;

const OPENAPI_PATH = '/openapi.json';
