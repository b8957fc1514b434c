import { callbackPaths } from '../../../src/adapters/http/callback-route.ts';
import { type CatalogueEntry, makeCatalogue } from '../../../src/adapters/http/catalogue.ts';
import { makeOpenApiDocument } from '../../../src/adapters/http/openapi.ts';
import { makeListSchema } from '../../../src/adapters/http/query.ts';

/** The API's description for these providers, without a server. */
export function makeDocument(entries: CatalogueEntry[], { seedDialect = false } = {}) {
  const catalogue = makeCatalogue(entries);
  return makeOpenApiDocument({
    catalogue,
    seedDialect,
    listSchema: makeListSchema(catalogue.names),
    callbacks: callbackPaths(catalogue),
    answerRetentionDays: 30,
  });
}
