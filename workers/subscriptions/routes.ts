/** @module `GET /ws` and `GET /events`. */
import type { Context, Hono } from 'hono';
import type { ChainRecord } from '../../shared/api/objects.ts';
import type { Env } from '../env.ts';
import { openEvents } from './event-stream.ts';
import { openSocket } from './hub-socket.ts';

/** Adds both routes to an app whose requests name a chain; `chainOf` resolves it or throws CHAIN_UNKNOWN. */
export function mountSubscriptions<E extends { Bindings: Env }>(
  app: Hono<E>,
  chainOf: (context: Context<E>) => ChainRecord | Promise<ChainRecord>,
): void {
  app.get('/ws', async (context) => openSocket(context.req.raw, context.env, await chainOf(context)));
  app.get('/events', async (context) => openEvents(context.req.raw, context.env, await chainOf(context)));
}
