/**
 * @module A Worker with the real objects whose chain object meets a NodeObject that answers for the record of signing only
 * when the test lets it. No deployed bundle contains this file.
 */
import { ChainObject as RealChainObject } from '../../durable-objects/chain/chain-object.ts';
import type { Bindings } from '../../durable-objects/runtime/bindings.ts';

export { HubObject } from '../../durable-objects/hub/hub-object.ts';
export { NodeObject } from '../../durable-objects/node/node-object.ts';

/** Shared by the lives of the object: the isolate outlives them. */
let isShut = true;

export default {
  /** `/open` lets answers through from now on, `/shut` holds them. It begins shut. */
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/open') isShut = false;
    if (pathname === '/shut') isShut = true;
    return new Response('ok');
  },
};

type Method = (...args: unknown[]) => Promise<unknown>;

function slow(namespace: DurableObjectNamespace): DurableObjectNamespace {
  const wrap = (stub: DurableObjectStub): DurableObjectStub =>
    new Proxy(stub, {
      get: (target, name) => {
        const call: Method = (...args) =>
          (target as unknown as Record<PropertyKey, Method>)[name]?.(...args) as never;
        if (name !== 'signingRecord') return call;
        return async (...args: unknown[]) => {
          const answer = await call(...args);
          // A promise of another request would not wake this one.
          while (isShut) await new Promise((resolve) => setTimeout(resolve, 20));
          return answer;
        };
      },
    });
  return new Proxy(namespace, {
    get: (target, name) => {
      if (name === 'get') return (id: DurableObjectId) => wrap(target.get(id));
      return (...args: unknown[]) => (target as unknown as Record<PropertyKey, Method>)[name]?.(...args);
    },
  });
}

export class ChainObject extends RealChainObject {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, { ...env, NODE: slow(env.NODE) });
    this.#ctx = ctx;
  }

  /** Rows of a table, for tests that count. */
  async count(table: string): Promise<number> {
    return Number(this.#ctx.storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n);
  }
}
