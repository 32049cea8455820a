/** @module What one row of the route table says. */
import type { z } from 'zod';
import type { ProblemCode } from './problems.ts';

/** Largest body of a route that takes one transaction. */
export const BODY_BYTES_TX = 128 * 1024;
/** Largest body of a route that takes many. */
export const BODY_BYTES_TXS = 4 * 1024 * 1024;
/** Largest body with a few members: a mark, an item of evidence. */
export const BODY_BYTES_SMALL = 4 * 1024;
/** Largest genesis document. */
export const BODY_BYTES_GENESIS = 1_000_000;

/** Largest block: JSON of transfers with their receipts takes six times the 1 MB of the canonical form. */
export const BODY_BYTES_BLOCK = 16 * 1024 * 1024;

/** An answer other than a problem. */
export interface AnswerSpec {
  readonly description: string;
  readonly schema: z.ZodType;
  /** Media type; `application/json` unless said. */
  readonly type?: string;
  readonly example?: unknown;
}

/** One operation: the source of routing, validation, JSON-RPC and OpenAPI alike. */
export interface RouteSpec {
  /** JSON-RPC method, label in metrics; operationId is its camelCase form. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Hono path: `{name}` marks parameters in OpenAPI and `:name` is derived from it. */
  readonly path: string;
  /** Other paths that take and give exactly the same. */
  readonly aliases: readonly string[];
  /** `chain`: also behind `/chains/{chain_id}`, X-Chain-Id and ?chain_id=. */
  readonly scope: 'chain' | 'node';
  readonly tag: 'blocks' | 'transactions' | 'accounts' | 'consensus' | 'chains' | 'node' | 'network';
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: { readonly schema: z.ZodType; readonly bytesMax: number; readonly example?: unknown };
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** Codes of its own, beside those that every route may answer with. */
  readonly problems: readonly ProblemCode[];
  /** Needs `Authorization: Bearer <ADMIN_TOKEN>`. */
  readonly admin?: true;
  /** Needs a signed envelope of another node, made for this channel; its answer is signed in turn. */
  readonly envelope?: 'join' | 'leave' | 'sync' | 'broadcast';
  /** Answers text, or exists for probes: not a JSON-RPC method. */
  readonly restOnly?: true;
  /** Works with invalid settings too. */
  readonly withoutSettings?: true;
}
