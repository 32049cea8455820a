/** @module The bindings every object of a node shares, and typed stubs over them. */
import type { ChainRpc, HubRpc, NodeRpc } from '../../shared/api/objects.ts';

/** Settings stand beside the bindings in the same environment; `parseSettings` reads those. */
export interface Bindings {
  readonly CHAIN: DurableObjectNamespace;
  readonly NODE: DurableObjectNamespace;
  readonly HUB: DurableObjectNamespace;
}

/** A fresh stub each time: a stub that failed stays broken. The cast states the RPC contract of `shared/api/objects.ts`. */
export function chainStub(env: Bindings, chainId: string): ChainRpc {
  return env.CHAIN.get(env.CHAIN.idFromName(chainId)) as unknown as ChainRpc;
}

export function nodeStub(env: Bindings): NodeRpc {
  return env.NODE.get(env.NODE.idFromName('node')) as unknown as NodeRpc;
}

export function hubStub(env: Bindings, chainId: string, shard: number): HubRpc {
  return env.HUB.get(env.HUB.idFromName(`${chainId}/${shard}`)) as unknown as HubRpc;
}
