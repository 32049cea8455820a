/** @module The OpenAPI 3.1 document, made from the route table and its schemas alone. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode, problemSpec } from '../../shared/api/problems.ts';
import type { AnswerSpec, RouteSpec } from '../../shared/api/route-spec.ts';
import { operationId, ROUTES } from '../../shared/api/routes.ts';
import { jsonRpcResponseSchema, problemSchema } from '../../shared/api/schemas/node.ts';
import { chainIdSchema } from '../../shared/api/schemas/scalars.ts';
import { VERSION } from '../../shared/api/version.ts';
import { examplesOf } from './openapi-examples.ts';

const TAGS = [
  { name: 'blocks', description: 'Final blocks and their commit certificates' },
  { name: 'transactions', description: 'Submitting and following transactions and messages' },
  { name: 'accounts', description: 'Balances and nonces' },
  { name: 'consensus', description: 'The open height, validators and commits' },
  { name: 'chains', description: 'Chains of this node' },
  { name: 'network', description: 'This node among others: status, peers, and what nodes send each other' },
  { name: 'node', description: 'Health, metrics and JSON-RPC' },
];

/** Codes that every route may answer with. */
const COMMON: readonly ProblemCode[] = ['REQUEST_INVALID', 'CONFIG_INVALID', 'INTERNAL'];
/** Codes of every route of a chain. */
const OF_CHAIN: readonly ProblemCode[] = [
  'CHAIN_CONFLICT',
  'CHAIN_UNKNOWN',
  'MIN_HEIGHT',
  'CHAIN_OVERLOADED',
  'LEDGER_UNAVAILABLE',
];
const OF_ADMIN: readonly ProblemCode[] = ['UNAUTHORIZED', 'ADMIN_DISABLED'];

const chainQuery = z.object({ chain_id: chainIdSchema.optional() });
const chainHeaders = z.object({
  'x-chain-id': chainIdSchema
    .optional()
    .meta({ description: 'The chain, where neither path nor query names it' }),
  'x-min-height': z
    .string()
    .optional()
    .meta({ type: 'integer', minimum: 0, description: 'Lowest height that may answer', example: 7 }),
});

/** The try-it page fills parameters with their examples: an optional one, such as a chain's id, would then go wrong. */
function withoutOptionalExamples(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const node = value as {
    in?: unknown;
    required?: unknown;
    example?: unknown;
    schema?: { example?: unknown };
  };
  if (typeof node.in === 'string' && node.required !== true) {
    delete node.example;
    delete node.schema?.example;
  }
  for (const child of Object.values(value)) withoutOptionalExamples(child);
}

/** Codes that a route documents. */
export function problemCodesOf(route: RouteSpec): ProblemCode[] {
  if (route.withoutSettings === true) return [];
  const scoped = route.scope === 'chain' ? OF_CHAIN : [];
  const admin = route.admin === true ? OF_ADMIN : [];
  return [...new Set([...COMMON, ...scoped, ...admin, ...route.problems])];
}

/** The document, ready for JSON. */
export function openApiDocument(): Record<string, unknown> {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'admin', {
    type: 'http',
    scheme: 'bearer',
    description: 'The node’s ADMIN_TOKEN',
  });
  for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
    const { status, title } = problemSpec(code);
    const example = { summary: title, value: exampleProblem(code, status, title) };
    app.openAPIRegistry.registerComponent('examples', code, example);
  }
  for (const route of ROUTES as readonly RouteSpec[]) register(app, route);
  registerJsonRpc(app);
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Atoll node',
      version: VERSION,
      description:
        'RPC of an Atoll node. Every chain route also stands behind `/chains/{chain_id}`, and takes `X-Chain-Id` or ' +
        '`?chain_id=`. Errors are RFC 9457 problems with a stable `code`.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: '/', description: 'This node' }],
    security: [],
    tags: TAGS,
  });
  withoutOptionalExamples(document);
  return document as unknown as Record<string, unknown>;
}

type Registered = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0];

function register(app: OpenAPIHono, route: RouteSpec): void {
  for (const [index, path] of [route.path, ...route.aliases].entries()) {
    const query = mergedQuery(route);
    const definition = {
      method: route.method.toLowerCase(),
      path,
      operationId: index === 0 ? operationId(route.name) : `${operationId(route.name)}Alias${index}`,
      tags: [route.tag],
      summary: index === 0 ? route.summary : `${route.summary} (alias)`,
      description: describe(route, index),
      security: route.admin === true ? [{ admin: [] }] : [],
      request: {
        ...(route.params === undefined ? {} : { params: route.params }),
        ...(query === undefined ? {} : { query }),
        ...(route.scope === 'chain' ? { headers: chainHeaders } : {}),
        ...(route.body === undefined ? {} : { body: { required: true, content: bodyContent(route) } }),
      },
      responses: { ...answersOf(route), ...problemsOf(route) },
    };
    app.openAPIRegistry.registerPath(definition as unknown as Registered);
  }
}

function describe(route: RouteSpec, index: number): string {
  const text = route.description ?? `${route.summary}.`;
  return index === 0 ? text : `Takes and gives exactly what \`${route.path}\` does. ${text}`;
}

function mergedQuery(route: RouteSpec): z.ZodObject | undefined {
  if (route.scope === 'node') return route.query as z.ZodObject | undefined;
  const own = (route.query?.shape ?? {}) as z.ZodRawShape;
  return z.object({ ...own, ...chainQuery.shape });
}

function bodyContent(route: RouteSpec) {
  const { body } = route;
  return { 'application/json': { schema: body?.schema, example: examplesOf(route.name).body } };
}

function answersOf(route: RouteSpec): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, answer]: [string, AnswerSpec]) => {
      const example = examplesOf(route.name).answer;
      const content = { schema: answer.schema, ...(example === undefined ? {} : { example }) };
      return [
        status,
        { description: answer.description, content: { [answer.type ?? 'application/json']: content } },
      ];
    }),
  );
}

/** One response per status, with an example for each of its codes. */
function problemsOf(route: RouteSpec): Record<string, unknown> {
  const byStatus = Map.groupBy(problemCodesOf(route), (code) => problemSpec(code).status);
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => route.answers[status] === undefined)
      .map(([status, codes]) => [String(status), problemAnswer(codes)]),
  );
}

function problemAnswer(codes: readonly ProblemCode[]) {
  const examples = Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
  return { description: codes.join(', '), content: { [PROBLEM_TYPE]: { schema: problemSchema, examples } } };
}

function exampleProblem(code: ProblemCode, status: number, title: string) {
  const request_id = '00000000-0000-4000-8000-000000000000';
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail: title,
    instance: `urn:request:${request_id}`,
    code,
    request_id,
    retryable: problemSpec(code).retryable === true,
  };
}

function registerJsonRpc(app: OpenAPIHono): void {
  const example = { jsonrpc: '2.0', id: 1, method: 'get_head' };
  const schema = z
    .looseObject({
      jsonrpc: z.literal('2.0'),
      method: z.string().meta({ example: 'get_head' }),
      id: z.union([z.string(), z.number(), z.null()]).optional(),
      params: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
    })
    .meta({ id: 'JsonRpcRequest', description: 'A method is the snake_case name of an operation' });
  const definition = {
    method: 'post',
    path: '/rpc',
    operationId: 'jsonRpc',
    tags: ['node'],
    summary: 'JSON-RPC 2.0, single or batch',
    description:
      'Methods are the operations of this document by snake_case name; a batch has at most 100 calls.',
    security: [],
    request: {
      query: chainQuery,
      headers: chainHeaders,
      body: {
        required: true,
        content: { 'application/json': { schema: z.union([schema, z.array(schema)]), example } },
      },
    },
    responses: {
      200: {
        description: 'A reply, or a list of them; the problem of a failed call is in error.data',
        content: {
          'application/json': {
            schema: z.union([jsonRpcResponseSchema, z.array(jsonRpcResponseSchema)]),
            example: { jsonrpc: '2.0', id: 1, result: { height: 7 } },
          },
        },
      },
      204: { description: 'Nothing but notifications' },
      413: problemAnswer(['BODY_TOO_LARGE']),
      415: problemAnswer(['CONTENT_TYPE_UNSUPPORTED']),
      503: problemAnswer(['CONFIG_INVALID']),
    },
  };
  app.openAPIRegistry.registerPath(definition as unknown as Registered);
}
