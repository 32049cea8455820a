/**
 * @module The whole Worker under a clock that stands still within an event. `/frozen/...` are doors of the test. No deployed
 * bundle contains this file.
 */
import './frozen-clock.ts'; // first: what others take hold of when they are loaded is replaced by then
import { ChainObject as RealChainObject } from '../../durable-objects/chain/chain-object.ts';
import { HubObject as RealHubObject } from '../../durable-objects/hub/hub-object.ts';
import { NodeObject as RealNodeObject } from '../../durable-objects/node/node-object.ts';
import type { Bindings } from '../../durable-objects/runtime/bindings.ts';
import app from '../../workers/main.ts';
import { clock } from './frozen-clock.ts';

/** How long a computation goes on that must not move the clock. */
const COMPUTE_MS = 40;

function frozen(env: Bindings): Bindings {
  const { CHAIN, HUB, NODE } = env;
  return { ...env, CHAIN: clock.around(CHAIN), HUB: clock.around(HUB), NODE: clock.around(NODE) };
}

export class ChainObject extends RealChainObject {
  readonly #alarms: { passed(ms: number): Promise<void> };

  constructor(ctx: DurableObjectState, env: Bindings) {
    clock.begin();
    const alarms = clock.alarms(ctx.storage);
    super(ctx, frozen(env));
    this.#alarms = alarms;
  }

  /** Door of the test: so much time passes. */
  async pass(ms: number): Promise<void> {
    await this.#alarms.passed(ms);
  }
}

export class HubObject extends RealHubObject {
  constructor(ctx: DurableObjectState, env: Bindings) {
    clock.begin();
    super(ctx, frozen(env));
  }
}

export class NodeObject extends RealNodeObject {
  constructor(ctx: DurableObjectState, env: Bindings) {
    clock.begin();
    super(ctx, frozen(env));
  }
}

clock.watch(ChainObject, RealChainObject);
clock.watch(HubObject, RealHubObject);
clock.watch(NodeObject, RealNodeObject);

const now = () => [Date.now(), Date.parse(new Date().toISOString()), performance.now()];

const DOORS: Readonly<Record<string, (env: Bindings, query: URLSearchParams) => Promise<unknown>>> = {
  report: async () => clock.report(),
  /** The clock before and after a computation, after awaiting what has come already, and after a timer. */
  still: async () => {
    const before = now();
    clock.compute(COMPUTE_MS);
    const computed = now();
    await Promise.resolve();
    const awaited = now();
    await clock.pause(COMPUTE_MS);
    return { before, computed, awaited, later: now() };
  },
  /** What no code of ours may do. */
  loop: async () => {
    for (const end = Date.now() + 1; Date.now() < end; );
    return 'the clock has moved';
  },
  pass: async (env, query) => {
    const stub = env.CHAIN.get(env.CHAIN.idFromName(query.get('chain') ?? ''));
    await (stub as unknown as Pick<ChainObject, 'pass'>).pass(Number(query.get('ms')));
    return null;
  },
};

export default {
  async fetch(request: Request, env: Bindings, ctx: ExecutionContext): Promise<Response> {
    clock.begin();
    const { pathname, searchParams } = new URL(request.url);
    const door = DOORS[/^\/frozen\/(\w+)$/.exec(pathname)?.[1] ?? ''];
    if (door === undefined) return app.fetch(request, frozen(env) as never, ctx);
    return door(env, searchParams).then(
      (answer) => Response.json(answer),
      (error: Error) => Response.json({ error: error.message }, { status: 500 }),
    );
  },
};
