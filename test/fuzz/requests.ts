/** @module Valid calls of every route, mutated. Submissions among them are forged, so that none can be accepted. */
import type { RouteSpec } from '../../shared/api/route-spec.ts';
import { ROUTES, type RouteName } from '../../shared/api/routes.ts';
import type { Seeded } from '../support/seeded.ts';
import { mutateBytes, mutateJson, mutateText } from './mutate.ts';
import { BLOCKS, type FuzzNode } from './node.ts';
import { type FuzzRequest, forged, JSON_TYPE } from './refusals.ts';

const ALL = ROUTES as readonly RouteSpec[];
/** Every path of every route, with the route; a chain's routes also behind its prefix. */
export const PATHS: readonly { route: RouteSpec; path: string }[] = ALL.flatMap((route) =>
  [route.path, ...route.aliases].flatMap((path) => [
    { route, path },
    ...(route.scope === 'chain' ? [{ route, path: `/chains/fuzz${path}` }] : []),
  ]),
);

/** A valid call of any route, mutated in path, query, headers or body. */
export function mutatedCall(fuzz: FuzzNode, random: Seeded): FuzzRequest {
  const { route, path } = random.pick(PATHS);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameter(fuzz, random, name);
    return encodeURIComponent(safeText(random.integer(1, 3) === 1 ? mutateText(value, random) : value));
  });
  const headers: Record<string, string> = {
    ...(route.method === 'GET' ? {} : JSON_TYPE),
    ...oddHeaders(random),
  };
  // A name in the query or the header must stay a name of the chains that the fuzzer may ask.
  const target = filled + mutatedQuery(fuzz, random, route);
  const request = { name: route.name, method: route.method, path: target, headers };
  if (route.body === undefined) return request;
  const body = mutateJson(validBody(fuzz, random, route.name as RouteName), random);
  const text = JSON.stringify(body) ?? 'null';
  if (random.integer(1, 6) > 1) return { ...request, body: text };
  return { ...request, body: mutateBytes(new TextEncoder().encode(text), random) };
}

/** A call by JSON-RPC: the envelope or the params mutated. */
export function mutatedJsonRpc(fuzz: FuzzNode, random: Seeded): FuzzRequest {
  const route = random.pick(ALL.filter(({ restOnly, admin }) => restOnly !== true && admin !== true));
  const members = [
    ...Object.keys(route.params?.shape ?? {}),
    ...Object.keys(route.query?.shape ?? {}),
  ].filter((name) => name !== 'wait_ms' && name !== 'wait');
  const params: unknown =
    route.body === undefined
      ? Object.fromEntries(members.map((name) => [name, parameter(fuzz, random, name)]))
      : validBody(fuzz, random, route.name as RouteName);
  const call = { jsonrpc: '2.0', id: random.pick<unknown>([1, 'a', null, 2.5]), method: route.name, params };
  const wrong =
    random.integer(1, 3) === 1 ? mutateJson(call, random) : { ...call, params: mutateJson(params, random) };
  const body = random.integer(1, 6) === 1 ? [call, wrong, wrong] : wrong;
  return {
    name: `json_rpc/${route.name}`,
    method: 'POST',
    path: random.pick(['/rpc', '/chains/fuzz/rpc']),
    headers: JSON_TYPE,
    body: JSON.stringify(body),
  };
}

function validBody(fuzz: FuzzNode, random: Seeded, name: RouteName): unknown {
  if (name === 'send_txs')
    return { transactions: Array.from({ length: random.integer(1, 3) }, () => forged(fuzz, random)) };
  if (name === 'create_chain') return fuzz.genesis.own;
  return forged(fuzz, random);
}

/** A valid value of a path or query member. */
function parameter(fuzz: FuzzNode, random: Seeded, name: string): string {
  const values: Readonly<Record<string, readonly string[]>> = {
    block_id: ['latest', 'earliest', '0', String(random.integer(0, BLOCKS)), ...fuzz.blockHashes],
    hash: [...fuzz.txHashes, fuzz.pending.hash],
    address: fuzz.wallets.map(({ address }) => address),
    chain_id: ['fuzz', 'full', 'default'],
    type: ['transfer', 'message', 'stake'],
    order: ['asc', 'desc'],
    box: ['inbox', 'sent'],
    include_tx: ['true', 'false'],
    limit: ['1', '2', '100'],
    start: ['1', '2'],
    end: ['3', String(BLOCKS)],
    cursor: ['MTow', '1', fuzz.pending.hash],
    wait: ['none'],
    wait_ms: ['10'],
    node_id: fuzz.blockHashes,
    notice_id: fuzz.blockHashes,
  };
  return random.pick(values[name] ?? ['1']);
}

function mutatedQuery(fuzz: FuzzNode, random: Seeded, route: RouteSpec): string {
  const names = Object.keys(route.query?.shape ?? {}).filter(() => random.integer(1, 3) === 1);
  const pairs = names.map((name) => {
    const value = parameter(fuzz, random, name);
    // Waits stay short: a request that waits is no request that hangs.
    const mutated =
      random.integer(1, 2) === 1 && !name.startsWith('wait') ? mutateText(value, random) : value;
    return `${name}=${encodeURIComponent(safeText(mutated))}`;
  });
  if (random.integer(1, 10) === 1)
    pairs.push(random.pick(['x=1', 'limit=1', '=', '&&', '%', '%ff=%fe', '__proto__=1']));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** encodeURIComponent refuses halves of surrogate pairs. */
function safeText(text: string): string {
  return text.toWellFormed().slice(0, 4_000);
}

function oddHeaders(random: Seeded): Record<string, string> {
  switch (random.integer(1, 12)) {
    case 1:
      return { 'x-min-height': random.pick(['0', '1', '-1', 'x', '1e3', '99999999999999999999']) };
    case 2:
      return { 'x-request-id': random.pick(['abcdefgh', 'x', 'a b', 'a'.repeat(65)]) };
    case 3:
      return { 'if-none-match': random.pick(['*', '"x"', 'x']) };
    case 4:
      return { 'x-chain-id': random.pick(['fuzz', 'default', '', 'FUZZ', 'nobody']) };
    case 5:
      return { authorization: random.pick(['Bearer', 'Bearer ', 'Bearer x', 'x']) };
    default:
      return {};
  }
}
