/** @module The object classes of a node, as wrangler sees them. */
export { ChainObject } from './chain/chain-object.ts';
export { HubObject } from './hub/hub-object.ts';
export { NodeObject } from './node/node-object.ts';
