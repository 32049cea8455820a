/** @module The bindings of this deployment as `wrangler.toml` declares them. Settings are parsed in shared/api/settings.ts. */
import type { ChainRpc, HubRpc, NodeRpc } from '../shared/api/objects.ts';
import type { RawSettings } from '../shared/api/settings.ts';

/** A stub of an object: its RPC methods and `fetch` for sockets. */
export type ObjectStub<Methods> = Methods & {
  fetch(input: Request | string, init?: RequestInit): Promise<Response>;
};

/** The part of a Durable Object namespace that this project uses, typed by the object's RPC surface. */
export interface ObjectNamespace<Methods> {
  idFromName(name: string): DurableObjectId;
  get(id: DurableObjectId): ObjectStub<Methods>;
}

/** Everything that the platform hands to the Worker and its objects. */
export interface Env extends RawSettings {
  readonly CHAIN: ObjectNamespace<ChainRpc>;
  readonly NODE: ObjectNamespace<NodeRpc>;
  readonly HUB: ObjectNamespace<HubRpc>;
}

/** A fresh stub of the chain's object. After an error that a stub reports, ask for a new one. */
export function chainStub(env: Env, chainId: string): ObjectStub<ChainRpc> {
  return env.CHAIN.get(env.CHAIN.idFromName(chainId));
}

/** A fresh stub of the node's only NodeObject. */
export function nodeStub(env: Env): ObjectStub<NodeRpc> {
  return env.NODE.get(env.NODE.idFromName('node'));
}

/** A fresh stub of one hub shard of a chain. */
export function hubStub(env: Env, chainId: string, shard: number): ObjectStub<HubRpc> {
  return env.HUB.get(env.HUB.idFromName(`${chainId}/${shard}`));
}
