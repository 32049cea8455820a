/** @module The SDK: a client for one chain of an Atoll node, in browsers, Workers and Node. */

export type { VolatileEvent } from '../shared/api/consensus-views.ts';
export type { Topic } from '../shared/api/frames.ts';
export { Client, type ClientOptions, createClient } from './client.ts';
export {
  AtollError,
  type ClientCode,
  GenesisChangedError,
  NetworkError,
  NotFoundError,
  RequestError,
  SubscriptionError,
  TransactionRejectedError,
  UnavailableError,
} from './errors.ts';
export { SentTransaction } from './sent-transaction.ts';
export { createSigner, type Signer } from './signer.ts';
export type { SocketLike, WebSocketConstructor } from './socket.ts';
export type { SubscribeOptions, Subscription, SubscriptionEvent, SubscriptionState } from './subscribe.ts';
export type {
  BlockEvent,
  CommitEvent,
  ConsensusEvent,
  EventData,
  EvidenceEvent,
  SetChangeEvent,
} from './subscription-events.ts';
export type { Fetch } from './transport.ts';
export type * from './types.ts';
