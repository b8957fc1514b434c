/** `GET /docs`: Swagger UI from our own files, without a CDN and without an inline script. */
import { hash } from 'node:crypto';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import swaggerUi from 'swagger-ui-express';

const TITLE = 'Payment gateway API';

/** The only files of Swagger UI's package that a browser needs; nothing else of it is served. */
export const DOCS_ASSETS = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'swagger-ui-init.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
] as const;

function makePage(): string {
  const page = swaggerUi.generateHTML(undefined, { customSiteTitle: TITLE }) as string;
  // The page lives at /docs without a slash, so its relative addresses need a base.
  return page.replace('<head>', '<head><base href="/docs/">');
}

function styleHashes(page: string): string[] {
  return [...page.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(
    ([, style = '']) => `'sha256-${hash('sha256', style, 'base64')}'`,
  );
}

export interface DocsRoutes {
  page: RequestHandler[];
  asset(file: string): RequestHandler[];
}

export function makeDocsRoutes(documentPath: string): DocsRoutes {
  const page = makePage();
  const policy = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", ...styleHashes(page)],
        // Swagger UI sizes its drawings by style attributes.
        styleSrcAttr: ["'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'self'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
  });
  const files = swaggerUi.serveFiles(undefined, {
    swaggerUrl: documentPath,
    swaggerOptions: { url: documentPath },
  });
  return {
    page: [
      policy,
      (_request, response) => {
        response.type('html').send(page);
      },
    ],
    asset: (file) => [
      (request, _response, next) => {
        // The package's own handlers serve from their root.
        request.url = `/${file}`;
        next();
      },
      ...files,
    ],
  };
}
