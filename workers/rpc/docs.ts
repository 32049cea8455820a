/** @module Documents of the API: `/openapi.json` and the pages that show it. */
import type { Hono } from 'hono';
import type { Env } from '../env.ts';
import { corsHeaders } from '../middleware/cors.ts';
import { DOCS_FILES } from './docs-page.ts';
import { openApiDocument } from './openapi-document.ts';
import { problemPages } from './problem-pages.ts';

let text: string | null = null;

/** Adds the documents to the application. The OpenAPI text is made once per isolate, when first asked for. */
export function documentPages(app: Hono<{ Bindings: Env }>): void {
  app.get('/openapi.json', () => {
    text ??= JSON.stringify(openApiDocument());
    return new Response(text, {
      headers: { ...corsHeaders(), 'content-type': 'application/json; charset=utf-8' },
    });
  });
  for (const [path, respond] of Object.entries(DOCS_FILES)) app.get(path, respond);
  problemPages(app);
}
