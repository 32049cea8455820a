/**
 * @module The subscription routes with the real objects behind them, and doors that the deployed Worker lacks: a hub that
 * dies or has small limits, a chain that has dropped its oldest blocks.
 */
import { Hono } from 'hono';
import { ChainObject as RealChain } from '../../../durable-objects/chain/chain-object.ts';
import { HubObject as RealHub } from '../../../durable-objects/hub/hub-object.ts';
import { HUB_LIMITS, type HubLimits } from '../../../durable-objects/hub/limits.ts';
import type { Bindings } from '../../../durable-objects/runtime/bindings.ts';
import { ApiError, toProblem } from '../../../shared/api/problems.ts';
import { type Env, hubStub, nodeStub } from '../../../workers/env.ts';
import { mountSubscriptions } from '../../../workers/subscriptions/routes.ts';

export { NodeObject } from '../../../durable-objects/node/node-object.ts';

/** The chain, with a way to lose its oldest blocks as one that keeps only some does. */
export class ChainObject extends RealChain {
  /** Drops the blocks below a height. */
  async dropBelow(height: number): Promise<void> {
    this.ctx.storage.sql.exec('DELETE FROM blocks WHERE height < ?', height);
  }
}

/** Limits of the hub that a test wants, as JSON in a var. */
interface SmallLimits {
  readonly TEST_HUB_LIMITS?: string;
}

/** The hub, with a way to die, and with the limits that a test gives. */
export class HubObject extends RealHub {
  constructor(ctx: DurableObjectState, env: Bindings & SmallLimits) {
    const limits = JSON.parse(env.TEST_HUB_LIMITS ?? '{}') as Partial<HubLimits>;
    super(ctx, env, { ...HUB_LIMITS, ...limits });
  }

  /** Ends this life of the object at once, as a crash would. */
  async abort(): Promise<void> {
    this.ctx.abort('test');
  }

  /** Marks this life: a later one does not know it. */
  async life(): Promise<number> {
    this.#life ??= Math.random();
    return this.#life;
  }
  #life: number | undefined;
}

const app = new Hono<{ Bindings: Env }>();
mountSubscriptions(app, async (context) => {
  const record = await nodeStub(context.env).chain(context.req.header('x-chain-id') ?? null);
  if (record === null) throw new ApiError('CHAIN_UNKNOWN', 'no such chain');
  return record;
});
app.get('/livez', (context) => context.json({ status: 'ok' }));
app.get('/life/:chain', async (context) => {
  const stub = hubStub(context.env, context.req.param('chain'), 0) as unknown as HubObject;
  return context.json(await stub.life());
});
app.onError((error) => {
  if (!(error instanceof ApiError)) throw error;
  const problem = toProblem(error, 'test');
  return Response.json(problem, { status: problem.status });
});
export default app;
