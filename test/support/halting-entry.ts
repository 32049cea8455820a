/**
 * @module The whole Worker as it is deployed, with doors that make its process stand still between the two sides of an
 * arrow until somebody kills it. `POST /crash-point/NAME` arms one. No deployed bundle contains this file.
 */
import { ChainObject as RealChainObject } from '../../durable-objects/chain/chain-object.ts';
import type { Bindings } from '../../durable-objects/runtime/bindings.ts';
import app from '../../workers/main.ts';
import { CrashDoors, DEATH_NOTE } from './crash-doors.ts';
import { KILL_CASES } from './crash-points.ts';

export { HubObject } from '../../durable-objects/hub/hub-object.ts';
export { NodeObject } from '../../durable-objects/node/node-object.ts';

/** Holds the one thread of all objects: nothing is written, sent or answered any more. */
const doors = new CrashDoors((point) => {
  console.log(`${DEATH_NOTE} ${point}`);
  for (;;);
});
doors.watchLedger();

export class ChainObject extends RealChainObject {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, { ...env, ...doors.stubs(env) });
    doors.watchCommits(ctx.storage);
  }

  override async submit(
    ...args: Parameters<RealChainObject['submit']>
  ): ReturnType<RealChainObject['submit']> {
    doors.reach('submit');
    const answer = await super.submit(...args);
    await doors.pass('answer');
    return answer;
  }
}

export default {
  async fetch(request: Request, env: Bindings, ctx: ExecutionContext): Promise<Response> {
    const name = /^\/crash-point\/(.+)$/.exec(new URL(request.url).pathname)?.[1];
    if (name !== undefined) {
      const point = KILL_CASES.find((known) => known.name === name);
      if (point === undefined) return new Response('no such point', { status: 404 });
      doors.arm(point.name);
      return new Response(null, { status: 204 });
    }
    const CHAIN = doors.around(
      env.CHAIN,
      'submit',
      () => doors.reach('edge-before'),
      () => doors.reach('edge-after'),
    );
    return app.fetch(request, { ...env, CHAIN } as never, ctx);
  },
};
