/** @module JSON-RPC 2.0 over the route table: a method is the name of a route, its params are that route's members. */
import type { ChainRecord } from '../../shared/api/objects.ts';
import { ApiError, toProblem } from '../../shared/api/problems.ts';
import type { RouteSpec } from '../../shared/api/route-spec.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import type { NodeContext } from '../context.ts';
import { execute, type RawInput } from './execute.ts';
import { JSON_RPC_BATCH_MAX } from './json-rpc-limits.ts';

/** Codes of the specification; every problem of a route is {@link SERVER_ERROR} with the problem in `error.data`. */
export const PARSE_ERROR = -32_700;
export const INVALID_REQUEST = -32_600;
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;
export const SERVER_ERROR = -32_000;

const METHODS: ReadonlyMap<string, RouteSpec> = new Map(
  (ROUTES as readonly RouteSpec[])
    .filter((route) => route.restOnly !== true)
    .map((route) => [route.name, route]),
);

type Id = string | number | null;
interface Reply {
  readonly jsonrpc: '2.0';
  readonly id: Id;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** What a call needs of its surroundings. */
export interface JsonRpcDoor {
  readonly context: NodeContext;
  /** The chain of the whole request, or the one that a call's own params name. */
  chainOf(name: string | undefined): Promise<ChainRecord>;
  /** Turns any failure into a problem, logging what was not expected. */
  toFailure(error: unknown, route: string): ApiError;
  /** Counts one call. */
  done(route: string, status: number): void;
}

/** The reply to a body that is no JSON. */
export function parseErrorReply(problem: unknown): Reply {
  return { jsonrpc: '2.0', id: null, error: { code: PARSE_ERROR, message: 'Parse error', data: problem } };
}

/** Runs a request or a batch. Null: nothing but notifications, so there is nothing to answer. */
export async function runJsonRpc(body: unknown, door: JsonRpcDoor): Promise<Reply | Reply[] | null> {
  if (!Array.isArray(body)) return runCall(body, door);
  if (body.length === 0) return invalidRequest(null, 'the batch is empty');
  if (body.length > JSON_RPC_BATCH_MAX) {
    const failure = new ApiError(
      'JSONRPC_BATCH_TOO_LARGE',
      `a batch has at most ${JSON_RPC_BATCH_MAX} calls`,
    );
    const data = toProblem(failure, door.context.requestId);
    return { jsonrpc: '2.0', id: null, error: { code: INVALID_REQUEST, message: 'Invalid Request', data } };
  }
  const replies: Reply[] = [];
  // One after the other: a batch of submissions of one sender keeps its order.
  for (const call of body) {
    const reply = await runCall(call, door);
    if (reply !== null) replies.push(reply);
  }
  return replies.length === 0 ? null : replies;
}

function invalidRequest(id: Id, why: string): Reply {
  return { jsonrpc: '2.0', id, error: { code: INVALID_REQUEST, message: 'Invalid Request', data: why } };
}

function isId(value: unknown): value is Id {
  return value === null || typeof value === 'string' || typeof value === 'number';
}

async function runCall(call: unknown, door: JsonRpcDoor): Promise<Reply | null> {
  if (typeof call !== 'object' || call === null || Array.isArray(call))
    return invalidRequest(null, 'not an object');
  const { jsonrpc, id, method, params } = call as Record<string, unknown>;
  const isNotification = !Object.hasOwn(call, 'id');
  if (jsonrpc !== '2.0' || typeof method !== 'string' || !(isNotification || isId(id))) {
    return invalidRequest(
      isId(id) ? id : null,
      'needs jsonrpc "2.0", a method and, unless a notification, an id',
    );
  }
  const outcome = await runMethod(method, params, door);
  return isNotification ? null : { jsonrpc: '2.0', id: id as Id, ...outcome };
}

async function runMethod(
  method: string,
  params: unknown,
  door: JsonRpcDoor,
): Promise<Pick<Reply, 'result' | 'error'>> {
  const route = METHODS.get(method);
  if (route === undefined) return { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
  try {
    const members = membersOf(route, params);
    const named =
      route.scope === 'chain' && route.body === undefined ? takeText(members, 'chain_id') : undefined;
    const chain = route.scope === 'chain' ? await door.chainOf(named) : null;
    const answer = await execute(route, door.context, chain, toRawInput(route, members));
    door.done(route.name, answer.status);
    return { result: answer.body };
  } catch (error) {
    const failure = door.toFailure(error, route.name);
    const problem = toProblem(failure, door.context.requestId);
    door.done(route.name, problem.status);
    return { error: { ...codeOf(failure), data: problem } };
  }
}

function codeOf(failure: ApiError): { code: number; message: string } {
  if (failure.code === 'REQUEST_INVALID') return { code: INVALID_PARAMS, message: 'Invalid params' };
  if (failure.code === 'INTERNAL') return { code: INTERNAL_ERROR, message: 'Internal error' };
  return { code: SERVER_ERROR, message: failure.code };
}

/** Names of a route's members in the order in which a list of params gives them. */
function namesOf(schema: RouteSpec['params']): string[] {
  return Object.keys(schema?.shape ?? {});
}

/** Params by name. A list stands for path, then query members; where there is a body, its first entry is the body. */
function membersOf(route: RouteSpec, params: unknown): Map<string, unknown> {
  if (params === undefined || params === null) return new Map();
  if (!Array.isArray(params)) {
    if (typeof params !== 'object') throw invalidParams('params must be an object or a list');
    return new Map(Object.entries(params));
  }
  const [first, ...rest] = params;
  const isBodyFirst = route.body !== undefined && typeof first === 'object' && first !== null;
  const names = [...namesOf(route.params), ...namesOf(route.query)];
  const values = isBodyFirst ? rest : params;
  if (values.length > names.length) throw invalidParams(`takes at most ${names.length} params`);
  const members = new Map<string, unknown>(isBodyFirst ? Object.entries(first) : []);
  for (const [index, value] of values.entries()) members.set(names[index] ?? '', value);
  return members;
}

function invalidParams(detail: string): ApiError {
  return new ApiError('REQUEST_INVALID', detail, { errors: [{ pointer: '/params', detail }] });
}

/** Path and query members are texts over HTTP; here they may be numbers and flags. */
function takeText(members: Map<string, unknown>, name: string): string | undefined {
  const value = members.get(name);
  if (value === undefined) return undefined;
  members.delete(name);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new ApiError('REQUEST_INVALID', `${name} must be text, a number or a flag`, {
    errors: [{ pointer: `/params/${name}`, detail: 'expected text, a number or a flag' }],
  });
}

function toRawInput(route: RouteSpec, members: Map<string, unknown>): RawInput {
  const take = (schema: RouteSpec['params']) =>
    Object.fromEntries(
      namesOf(schema).flatMap((name) => {
        const text = takeText(members, name);
        return text === undefined ? [] : [[name, text] as const];
      }),
    );
  const params = take(route.params);
  const query = take(route.query);
  if (route.body !== undefined) return { params, query, body: Object.fromEntries(members) };
  // What is left over is unknown: the strict query schema refuses it by name. Its value may be anything, also an
  // object whose own `toString` is no function, and is not looked at.
  const rest = Object.fromEntries([...members.keys()].map((name) => [name, '']));
  return { params, query: { ...query, ...rest }, body: undefined };
}
