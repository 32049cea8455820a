/** @module The page behind the `type` of a problem: what happened, why, what to do. */
import type { Hono } from 'hono';
import { PROBLEM_HELP } from '../../shared/api/problem-help.ts';
import { isProblemCode, problemSpec } from '../../shared/api/problems.ts';
import type { Env } from '../env.ts';
import { corsHeaders } from '../middleware/cors.ts';

/** How long a page may be kept, in seconds; it changes with the node's version alone. */
const PAGE_SECONDS = 3_600;

/** Adds `GET /problems/{code}`. A code that does not exist is left to the application's own 404. */
export function problemPages(app: Hono<{ Bindings: Env }>): void {
  app.get('/problems/:code', (c, next) => {
    const code = c.req.param('code');
    if (!isProblemCode(code)) return next();
    const { status, title, retryable } = problemSpec(code);
    const { why, fix } = PROBLEM_HELP[code];
    const again = retryable === true ? 'yes, later, unchanged' : 'not without a change';
    const lines = [
      `${code} (HTTP ${status})`,
      title,
      '',
      `Why: ${why}`,
      `What to do: ${fix}`,
      `Try again: ${again}`,
    ];
    return new Response(`${lines.join('\n')}\n`, {
      headers: {
        ...corsHeaders(),
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': `public, max-age=${PAGE_SECONDS}`,
        'x-content-type-options': 'nosniff',
      },
    });
  });
}
