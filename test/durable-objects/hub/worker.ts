/** @module The subscription routes with the real objects behind them, and one entry that the deployed Worker lacks: abort. */
import { Hono } from 'hono';
import { HubObject as RealHub } from '../../../durable-objects/hub/hub-object.ts';
import { ApiError, toProblem } from '../../../shared/api/problems.ts';
import { type Env, hubStub, nodeStub } from '../../../workers/env.ts';
import { mountSubscriptions } from '../../../workers/subscriptions/routes.ts';

export { ChainObject } from '../../../durable-objects/chain/chain-object.ts';
export { NodeObject } from '../../../durable-objects/node/node-object.ts';

/** The hub, with a way to die. */
export class HubObject extends RealHub {
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
