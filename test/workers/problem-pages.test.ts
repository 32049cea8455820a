/** @module The page that the `type` of a problem leads to. */
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { PROBLEM_HELP } from '../../shared/api/problem-help.ts';
import { PROBLEMS, type ProblemCode, toProblem } from '../../shared/api/problems.ts';
import type { Env } from '../../workers/env.ts';
import { problemPages } from '../../workers/rpc/problem-pages.ts';

const app = new Hono<{ Bindings: Env }>();
problemPages(app);

describe('GET /problems/{code}', () => {
  test.each(Object.keys(PROBLEMS) as ProblemCode[])(
    'tells what %s means, at the address its type names',
    async (code) => {
      const response = await app.request(toProblem({ code, detail: '' }, 'test').type);
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(text).toContain(`${code} (HTTP ${PROBLEMS[code].status})`);
      expect(text).toContain(PROBLEM_HELP[code].fix);
    },
  );

  test('leaves a code that does not exist to the 404 of the application', async () => {
    expect((await app.request('/problems/NO_SUCH_CODE')).status).toBe(404);
  });
});
