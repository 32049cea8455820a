/** @module A Worker with the real objects and no routes: tests call the objects' RPC methods directly. */
export { ChainObject, HubObject, NodeObject } from '../../durable-objects/index.ts';

export default {
  fetch: () => new Response('ok'),
};
