/** @module The links of one chain to the nodes of its other validators: one authenticated socket per working pair. */
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { ValidatorKeys } from '../validator-key.ts';

/** What the links need of their chain. */
export interface PeerLinksDeps {
  readonly chainId: string;
  readonly genesisHash: HashHex;
  readonly self: ValidatorKeys;
  /** Base URL of each validator's node. The own key may be among them and is passed over. */
  readonly peers: ReadonlyMap<ConsensusKey, string>;
  /** Whether the key is in a validator set that this chain listens to now. */
  isValidator(key: ConsensusKey): boolean;
  readonly log: Logger;
  readonly ctx: DurableObjectState;
  /** Milliseconds of the clock. */
  now(): number;
  /** A frame of an authenticated validator, within its budget. Called synchronously; may call `send`. */
  onFrame(peer: ConsensusKey, frame: PeerFrame): void;
  /** A link to this validator is open: what is sent now goes out at once. */
  onConnected(peer: ConsensusKey): void;
}

/** Counters since the object woke, for metrics. */
export interface LinkStats {
  readonly connected: number;
}

export class PeerLinks {
  constructor(_deps: PeerLinksDeps) {}

  /** Queues a frame, in a bounded queue, and opens the link when there is none. */
  send(_peer: ConsensusKey, _frame: PeerFrame): void {
    throw new Error('NOT_BUILT_YET');
  }

  /** Sends to every peer that is a validator. The frame is encoded once. */
  broadcast(_frame: PeerFrame): void {
    throw new Error('NOT_BUILT_YET');
  }

  /** `ChainObject.fetch`: an upgrade of /p2p/consensus, or frames of /p2p/frames, authenticated by the Worker. */
  accept(_request: Request): Response | Promise<Response> {
    throw new Error('NOT_BUILT_YET');
  }

  /** `webSocketMessage` of the object. */
  message(_socket: WebSocket, _data: ArrayBuffer | string): void {
    throw new Error('NOT_BUILT_YET');
  }

  /** `webSocketClose` of the object. */
  closed(_socket: WebSocket): void {
    throw new Error('NOT_BUILT_YET');
  }

  /** `webSocketError` of the object. */
  error(_socket: WebSocket): void {
    throw new Error('NOT_BUILT_YET');
  }

  /** The chain is idle: every socket is closed, so that both sides can sleep. The next `send` opens a link again. */
  closeIdle(): void {
    throw new Error('NOT_BUILT_YET');
  }

  /** Validators with an open link, in key order. */
  get connected(): readonly ConsensusKey[] {
    throw new Error('NOT_BUILT_YET');
  }

  get stats(): LinkStats {
    throw new Error('NOT_BUILT_YET');
  }
}
