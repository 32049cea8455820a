/**
 * @module The route table: every HTTP operation of a node, once. The Worker mounts it, JSON-RPC calls it by name, the
 * OpenAPI document and the SDK read it.
 */
import type { RouteSpec } from './route-spec.ts';
import { BLOCK_ROUTES } from './routes-blocks.ts';
import { ACCOUNT_ROUTES, CHAIN_ROUTES } from './routes-chains.ts';
import { CONSENSUS_ROUTES } from './routes-consensus.ts';
import { NETWORK_ROUTES } from './routes-network.ts';
import { NODE_ROUTES } from './routes-node.ts';
import { SNAPSHOT_ROUTES } from './routes-snapshots.ts';
import { SYNC_ROUTES } from './routes-sync.ts';
import { TRANSACTION_ROUTES } from './routes-transactions.ts';

export { BLOCK_ID_PATTERN, WAIT_MS_DEFAULT, WAIT_MS_MAX } from './route-parts.ts';

/** Every operation of a node. */
export const ROUTES = [
  ...BLOCK_ROUTES,
  ...TRANSACTION_ROUTES,
  ...ACCOUNT_ROUTES,
  ...CONSENSUS_ROUTES,
  ...CHAIN_ROUTES,
  ...SYNC_ROUTES,
  ...SNAPSHOT_ROUTES,
  ...NODE_ROUTES,
  ...NETWORK_ROUTES,
] as const satisfies readonly RouteSpec[];

/** Name of an operation, which is also its JSON-RPC method. */
export type RouteName = (typeof ROUTES)[number]['name'];

/** `get_head` -> `getHead`. */
export function operationId(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
