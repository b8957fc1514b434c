import { createSecretKey, hash } from 'node:crypto';
import { hashApiKey, looksLikeApiKey } from '../adapters/crypto/api-keys.ts';
import { makePayerVault } from '../adapters/crypto/payer-vault.ts';
import { makeReferenceKeys } from '../adapters/crypto/reference-keys.ts';
import { makeMerchantStore } from '../adapters/postgres/merchants.ts';
import type { ApiKeyVerifier, Gateway } from '../domain/gateway.ts';
import type { IdempotencyStore } from '../domain/ports.ts';
import { makeAcceptPayment } from '../usecases/accept-payment.ts';
import { makeBeginDispatch } from '../usecases/begin-dispatch.ts';
import { makeDispatch } from '../usecases/dispatch-charge.ts';
import { makeFailOver } from '../usecases/fail-over.ts';
import { makeFreeUnsent } from '../usecases/free-unsent.ts';
import { makeReadPayments } from '../usecases/read-payments.ts';
import { callbackToken, makeTakeCallback } from '../usecases/take-callback.ts';
import { makeVerifyApiKey } from '../usecases/verify-api-key.ts';
import type { Core } from './core.ts';

/** Longer than a statement whose connection was lost can still run. */
const LOST_STATEMENT_MARGIN_MS = 5_000;

/** SHA-256 of merchant and key, unambiguous whatever they contain: merchants never meet in it. */
function keyHash(merchantId: string, key: string): Buffer {
  return hash('sha256', JSON.stringify([merchantId, key]), 'buffer');
}

/** The use cases behind the public API, wired. */
export function makeGateway(
  core: Core,
  idempotency: IdempotencyStore,
  stack: AsyncDisposableStack,
): Gateway {
  const { parts, store, providers, render, write } = core;
  const { config, clock, ids, metrics, logger } = parts;
  const { timing, secrets, listen } = config;
  const references = makeReferenceKeys(secrets.reference.reveal());
  const vault = makePayerVault(secrets.encryptionKeys.reveal(), secrets.blindIndexKey.reveal());
  const statementMs = config.database?.statementTimeoutMs ?? 5_000;
  const unsent = makeFreeUnsent({
    store,
    clock,
    timing,
    settleMs: statementMs + LOST_STATEMENT_MARGIN_MS,
    logger,
  });
  stack.defer(() => unsent.close());
  const { freeUnsent } = unsent;

  const callbackUrl = (provider: string, paymentId: string): string | null => {
    const definition = providers.definitionOf(provider);
    if (listen.publicUrl === null || !definition?.callbackPath) return null;
    const path = `${listen.publicUrl}/callbacks/${definition.callbackPath}`;
    return definition.callbackByToken ? `${path}/${callbackToken(references, paymentId)}` : path;
  };
  const begin = makeBeginDispatch({ store, ids, clock, timing, references, vault, freeUnsent });
  const { gateFor, instances } = providers;
  const shared = { store, clock, timing, freeUnsent, metrics, logger };
  const failOver = makeFailOver({ ...shared, gateFor, references });
  const dispatch = makeDispatch({ ...shared, write, render, keyHash, failOver, callbackUrl });
  const pay = makeAcceptPayment({
    store,
    idempotency,
    gateFor,
    keyHash,
    begin,
    dispatch,
    metrics,
  });
  const takeCallback = makeTakeCallback({ store, references, instances, logger });
  return {
    pay,
    ...makeReadPayments(store),
    providerHealth: () =>
      providers.gates.map((gate) => ({
        provider: gate.provider.name,
        market: gate.provider.market,
        currencies: gate.provider.currencies,
        operations: gate.health(),
      })),
    providerCallback: (provider, _market, token, raw) => takeCallback(provider, token, raw),
  };
}

export function makeKeys({ parts, pool }: Core): ApiKeyVerifier {
  const { findKey } = makeMerchantStore(pool);
  const pepper = createSecretKey(parts.config.secrets.apiKeyPepper.reveal());
  return makeVerifyApiKey({
    hash: (key) => hashApiKey(pepper, key),
    nameOf: (key) => hash('sha256', key, 'base64'),
    plausible: looksLikeApiKey,
    findKey,
    clock: parts.clock,
  });
}

/** Where there is no Redis, the key's row decides alone. */
export const noIdempotencyCache: IdempotencyStore = {
  claim: async () => ({ kind: 'unavailable' }),
  look: async () => ({ kind: 'unavailable' }),
  complete: async () => {},
  release: async () => {},
  close: async () => {},
};
