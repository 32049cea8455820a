/** @module The HTTP application: mounts the route table, JSON-RPC, documents and subscriptions. */
import { type Context, Hono } from 'hono';
import type { ChainRecord } from '../shared/api/objects.ts';
import { ApiError } from '../shared/api/problems.ts';
import type { RouteSpec } from '../shared/api/route-spec.ts';
import { ROUTES } from '../shared/api/routes.ts';
import type { Settings } from '../shared/api/settings.ts';
import { createLogger, errorText } from '../shared/observability/log.ts';
import type { Answer, NodeContext } from './context.ts';
import { type Env, nodeStub } from './env.ts';
import { preflightResponse } from './middleware/cors.ts';
import { authenticateNode } from './p2p/node-calls.ts';
import { mountPeers, PEER_ROUTES } from './p2p/routes.ts';
import { parseJson, readJson, readJsonBytes } from './rpc/body.ts';
import { chainRecord, chosenName, DEFAULT_CHAIN } from './rpc/chain-choice.ts';
import { documentPages } from './rpc/docs.ts';
import { checkAdmin, execute, type RawInput } from './rpc/execute.ts';
import { parseErrorReply, runJsonRpc } from './rpc/json-rpc.ts';
import { JSON_RPC_BODY_BYTES_MAX } from './rpc/json-rpc-limits.ts';
import { nodeContext, requestIdOf } from './rpc/node-context.ts';
import { countRequest, isFlushDue, takeDeltas, UNKNOWN_ROUTE } from './rpc/request-metrics.ts';
import { answerResponse, type Exchange, failureOf, problemResponse } from './rpc/respond.ts';
import { rememberHeight, withHeight } from './rpc/seen-heights.ts';
import { settingsOf } from './rpc/settings-cache.ts';
import { mountSubscriptions } from './subscriptions/routes.ts';

type AppContext = Context<{ Bindings: Env }>;
interface MutableExchange extends Exchange {
  chain: ChainRecord | null;
}

/** In front of any route of a chain. */
const CHAIN_PREFIX = '/chains/:chain_id';
const log = createLogger('workers.app');

/** Without a trailing slash: the application takes every path with one and without. */
function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1').replace(/(?<=.)\/$/, '');
}

/** Every path that a route has, canonical first. */
export function pathsOf(route: RouteSpec): string[] {
  const own = [route.path, ...route.aliases].map(honoPath);
  return route.scope === 'chain' ? [...own, ...own.map((path) => CHAIN_PREFIX + path)] : own;
}

/** Builds the application. */
export function createApp(): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>({ strict: false });
  for (const route of ROUTES as readonly RouteSpec[]) {
    app.on(route.method, pathsOf(route), (c) =>
      serve(c, route.name, route.admin === true, (x) => runRoute(c, route, x)),
    );
  }
  for (const path of ['/rpc', `${CHAIN_PREFIX}/rpc`]) {
    app.post(path, (c) => serve(c, 'json_rpc', false, (exchange) => runDoor(c, exchange)));
  }
  documentPages(app);
  const subscriptions = new Hono<{ Bindings: Env }>();
  mountSubscriptions(subscriptions, (c) => subscriptionChain(c));
  app.route('/', subscriptions);
  app.route(CHAIN_PREFIX, subscriptions);
  mountPeers(app, (c, name, run) => serve(c, name, false, run));
  app.get('/', (c) => c.redirect(explorerUrl(c.env) ?? '/docs', 302));
  app.options('*', (c) => preflightResponse(requestIdOf(c.req.raw)));
  app.notFound((c) => serve(c, UNKNOWN_ROUTE, false, () => Promise.reject(noRoute(c))));
  app.onError((error, c) => serve(c, 'subscriptions', false, () => Promise.reject(error)));
  return app;
}

function explorerUrl(env: Env): string | undefined {
  return settingsOf(env).explorerUrl;
}

/** Runs one exchange: every answer and failure leaves through here, counted and with its headers. */
async function serve(
  c: AppContext,
  route: string,
  isAdmin: boolean,
  run: (exchange: MutableExchange) => Promise<Response>,
): Promise<Response> {
  const started = Date.now();
  const exchange: MutableExchange = { requestId: requestIdOf(c.req.raw), chain: null, route, isAdmin };
  const response = await run(exchange).catch((error: unknown) =>
    problemResponse(failureOf(error, exchange), exchange),
  );
  const now = Date.now();
  countRequest(route, c.req.method, response.status, (now - started) / 1_000);
  log.debug('request', {
    function: 'serve',
    route,
    status: response.status,
    request_id: exchange.requestId,
    ms: now - started,
  });
  if (isFlushDue(now)) c.executionCtx.waitUntil(flushMetrics(c.env));
  return response;
}

async function flushMetrics(env: Env): Promise<void> {
  const deltas = takeDeltas();
  if (deltas === null) return;
  try {
    await nodeStub(env).addMetrics(deltas);
  } catch (error) {
    log.warning('request metrics of one interval are lost', {
      function: 'flushMetrics',
      error: errorText(error),
    });
  }
}

async function runRoute(c: AppContext, route: RouteSpec, exchange: MutableExchange): Promise<Response> {
  const settings = route.withoutSettings === true ? NO_SETTINGS : settingsOf(c.env);
  const context = nodeContext(c, settings, exchange.requestId);
  if (route.admin === true) checkAdmin(context);
  const { chain_id: pathChain, ...params } = c.req.param() as Record<string, string>;
  const query = queryOf(c.req.raw.url);
  if (route.scope === 'chain') exchange.chain = await chainOf(c, pathChain, query);
  const { body, ...sender } = await bodyOf(c.req.raw, route, settings);
  const raw: RawInput = {
    params: route.scope === 'chain' || pathChain === undefined ? params : { ...params, chain_id: pathChain },
    query: route.scope === 'chain' ? withoutChain(query) : query,
    body,
  };
  const answer = await execute(route, { ...context, ...sender }, exchange.chain, raw);
  const whole = await completed(answer, context, exchange.chain);
  return answerResponse(whole, exchange, c.req.header('if-none-match') ?? null);
}

/** The parsed body; of a route with an envelope also who sent it, known before anything is parsed. */
async function bodyOf(
  request: Request,
  route: RouteSpec,
  settings: Settings,
): Promise<{ body: unknown } & Pick<NodeContext, 'call'>> {
  if (route.body === undefined) return { body: undefined };
  if (route.envelope === undefined) return { body: await readJson(request, route.body.bytesMax) };
  const bytes = await readJsonBytes(request, route.body.bytesMax);
  const call = authenticateNode(request, settings, bytes, route.envelope);
  return { body: parseJson(bytes), call };
}

/** Probes of the process must answer whatever the settings are; their handlers read none. */
const NO_SETTINGS = {} as Settings;

/** Every answer of a chain says a height that the chain has, also one that has none of its own. */
async function completed(answer: Answer, context: NodeContext, chain: ChainRecord | null): Promise<Answer> {
  if (chain === null) return answer;
  if (answer.height === undefined) return withHeight(answer, context.env, chain);
  rememberHeight(chain, answer.height);
  return answer;
}

/** Query members, each at most once. Throws REQUEST_INVALID. */
function queryOf(url: string): Record<string, string> {
  const start = url.indexOf('?');
  if (start < 0) return {};
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(url.slice(start))) {
    if (Object.hasOwn(query, name)) {
      const errors = [{ pointer: `/query/${name.slice(0, 64)}`, detail: 'given twice' }];
      throw new ApiError('REQUEST_INVALID', 'a query member is given twice', { errors });
    }
    query[name] = value;
  }
  return { ...query };
}

function withoutChain({ chain_id: _chain, ...query }: Record<string, string>): Record<string, string> {
  return query;
}

function chainOf(
  c: AppContext,
  path: string | undefined,
  query: Record<string, string>,
): Promise<ChainRecord> {
  const names = { path, header: c.req.header('x-chain-id'), query: query.chain_id };
  return chainRecord(c.env, chosenName(names));
}

function subscriptionChain(c: AppContext): Promise<ChainRecord> {
  settingsOf(c.env);
  return chainOf(c, c.req.param('chain_id'), queryOf(c.req.raw.url));
}

async function runDoor(c: AppContext, exchange: MutableExchange): Promise<Response> {
  const settings = settingsOf(c.env);
  const context = nodeContext(c, settings, exchange.requestId);
  const outer = chosenName({
    path: c.req.param('chain_id'),
    header: c.req.header('x-chain-id'),
    query: queryOf(c.req.raw.url).chain_id,
  });
  const json = (body: unknown) =>
    answerResponse({ status: 200, body, servedBy: 'node' }, { ...exchange, chain: null }, null);
  let body: unknown;
  try {
    body = await readJson(c.req.raw, JSON_RPC_BODY_BYTES_MAX);
  } catch (error) {
    const failure = failureOf(error, exchange);
    if (failure.code !== 'JSON_INVALID') throw failure;
    return json(parseErrorReply(failure.detail));
  }
  const reply = await runJsonRpc(body, {
    context,
    chainOf: (name) => {
      const names = { path: outer === DEFAULT_CHAIN ? undefined : outer, header: undefined, query: name };
      return chainRecord(c.env, chosenName(names));
    },
    toFailure: (error, route) => failureOf(error, { ...exchange, route }),
    done: (route, status) => countRequest(route, 'JSONRPC', status, 0),
  });
  return reply === null ? new Response(null, { status: 204 }) : json(reply);
}

/** 405 where the path has a route of another method, else 404. */
function noRoute(c: AppContext): ApiError {
  const allowed = methodsOf(new URL(c.req.raw.url).pathname);
  if (allowed.length === 0) return new ApiError('ROUTE_UNKNOWN', 'no route has this path; see /docs');
  return new ApiError('METHOD_NOT_ALLOWED', `this route takes ${allowed.join(', ')}`, {
    headers: { allow: allowed.join(', ') },
  });
}

const PATTERNS: readonly { readonly pattern: RegExp; readonly method: string }[] = [
  ...(ROUTES as readonly RouteSpec[]).flatMap((route) =>
    pathsOf(route).map((path) => toPattern(path, route.method)),
  ),
  ...PEER_ROUTES.map(({ path, method }) => toPattern(path, method)),
  toPattern('/rpc', 'POST'),
  toPattern(`${CHAIN_PREFIX}/rpc`, 'POST'),
  ...['/ws', '/events', `${CHAIN_PREFIX}/ws`, `${CHAIN_PREFIX}/events`].map((path) => toPattern(path, 'GET')),
];

function toPattern(path: string, method: string): { pattern: RegExp; method: string } {
  return { pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`), method };
}

function methodsOf(path: string): string[] {
  const methods = PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  return methods.length === 0 ? [] : [...new Set(methods), 'OPTIONS'];
}
