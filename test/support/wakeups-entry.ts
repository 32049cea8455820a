/**
 * @module The real Worker with a counter in front of every entry of its objects: how often each class was made, and how
 * often anything called it. `/wakeups` tells the counts and wakes nothing itself. No deployed bundle contains this file.
 */
import { ChainObject as RealChainObject } from '../../durable-objects/chain/chain-object.ts';
import { HubObject as RealHubObject } from '../../durable-objects/hub/hub-object.ts';
import type { Bindings } from '../../durable-objects/runtime/bindings.ts';
import app from '../../workers/main.ts';

export { NodeObject } from '../../durable-objects/node/node-object.ts';

/** What woke the objects of one class since the isolate began; the isolate outlives them. */
export interface Wakeups {
  /** Objects made: each is an eviction undone. */
  lives: number;
  /** Calls, requests, alarms and socket events. */
  entries: number;
}

const wakeups: { readonly chain: Wakeups; readonly hub: Wakeups } = {
  chain: { lives: 0, entries: 0 },
  hub: { lives: 0, entries: 0 },
};

export class ChainObject extends RealChainObject {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    wakeups.chain.lives += 1;
  }
}

export class HubObject extends RealHubObject {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    wakeups.hub.lives += 1;
  }
}

function count(counted: object, real: object, into: Wakeups): void {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(real))) {
    if (name === 'constructor' || typeof value !== 'function') continue;
    Object.defineProperty(counted, name, {
      value(this: unknown, ...args: unknown[]): unknown {
        into.entries += 1;
        return Reflect.apply(value, this, args);
      },
    });
  }
}
count(ChainObject.prototype, RealChainObject.prototype, wakeups.chain);
count(HubObject.prototype, RealHubObject.prototype, wakeups.hub);

export default {
  async fetch(request: Request, env: Bindings, ctx: ExecutionContext): Promise<Response> {
    if (new URL(request.url).pathname === '/wakeups') return Response.json(wakeups);
    return app.fetch(request, env as never, ctx);
  },
};
