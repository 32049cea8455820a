/** @module One call of one route: checks its input and runs its handler. HTTP and JSON-RPC both end here. */
import { z } from 'zod';
import { checkShape } from '../../shared/api/check-shape.ts';
import type { ChainRecord } from '../../shared/api/objects.ts';
import { ApiError } from '../../shared/api/problems.ts';
import type { RouteSpec } from '../../shared/api/route-spec.ts';
import type { RouteName } from '../../shared/api/routes.ts';
import type { Answer, ChainContext, NodeContext } from '../context.ts';
import { HANDLERS } from './handlers/index.ts';

const nothing = z.strictObject({});
const tokens = new TextEncoder();

/** Input as it came: texts of path and query, and the parsed body. */
export interface RawInput {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Runs a route. `chain` is null for routes of the node. Throws whatever fails. */
export async function execute(
  route: RouteSpec,
  context: NodeContext,
  chain: ChainRecord | null,
  raw: RawInput,
): Promise<Answer> {
  if (route.admin === true) checkAdmin(context);
  const input = {
    params: checkShape(route.params ?? nothing, raw.params, '/path'),
    query: checkShape(route.query ?? nothing, raw.query, '/query'),
    body: route.body === undefined ? undefined : checkShape(route.body.schema, raw.body, '/body'),
  };
  const handler = HANDLERS[route.name as RouteName];
  return handler({ ...context, chain: chain as ChainRecord } satisfies ChainContext, input);
}

/** Throws ADMIN_DISABLED or UNAUTHORIZED. Runs before the body is looked at. */
export function checkAdmin(context: NodeContext): void {
  const { adminToken } = context.settings;
  if (adminToken === undefined)
    throw new ApiError('ADMIN_DISABLED', 'set the secret ADMIN_TOKEN to use this route');
  if (context.bearer !== null && equalSecrets(context.bearer, adminToken)) return;
  throw new ApiError('UNAUTHORIZED', 'send Authorization: Bearer <ADMIN_TOKEN>', {
    headers: { 'www-authenticate': 'Bearer realm="admin"' },
  });
}

/** Compares in time that depends on the length of what was given alone. */
function equalSecrets(given: string, secret: string): boolean {
  const left = tokens.encode(given);
  const right = tokens.encode(secret);
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) difference |= (left[i] ?? 0) ^ (right[i % right.length] ?? 0);
  return difference === 0;
}
