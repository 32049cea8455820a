/**
 * @module Who the other nodes of one chain are to this one, and the links to them. Validators are linked to all
 * validators; a follower to a few upstreams; whoever else calls is a guest. No link stays open on an idle chain.
 */
import type { ChainPeer, PeerOffence } from '../../shared/api/objects.ts';
import type { PeerFrame } from '../../shared/api/p2p/frame.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { errorText, type Logger } from '../../shared/observability/log.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { type Bindings, nodeStub } from '../runtime/bindings.ts';
import type { ConsensusDriver } from './consensus-driver.ts';
import { ASK_AGAIN_MS } from './gossip/limits.ts';
import type { Neighbours } from './gossip/neighbours.ts';
import { PeerDirectory } from './gossip/peer-directory.ts';
import { Upstreams } from './gossip/upstreams.ts';
import { PeerLinks } from './links/peer-links.ts';
import type { PeerRole } from './links/peer-role.ts';
import type { LocalKeys, ValidatorKeys } from './validator-key.ts';

/** What a report may say. */
const REPORT_CHARACTERS_MAX = 200;
/** Links stay open this long after the last height was decided, so that a chain in use need not dial for each block. */
const LINK_LINGER_MS = 10_000;
/**
 * When each chain of this isolate last asked its upstreams for their heads unprompted. A follower that wakes to answer a
 * read would else wake its idle upstreams each time; a new isolate, as after a restart, asks again.
 */
const askedMs = new Map<string, number>();

export interface ChainPeersDeps {
  readonly chainId: string;
  readonly genesisHash: HashHex;
  /** A chain of two parties has no other nodes. */
  readonly isPublic: boolean;
  readonly env: Bindings;
  readonly settings: Settings;
  readonly keys: LocalKeys;
  readonly ctx: DurableObjectState;
  readonly log: Logger;
  readonly driver: () => ConsensusDriver;
  /** Runs work as an event of the chain. */
  event(work: () => void): void;
  /** A frame was dropped unread. */
  onOverBudget(): void;
  /** The three below are called within an event. */
  onFrame(peer: ConsensusKey, frame: PeerFrame): void;
  onConnected(peer: ConsensusKey): void;
  /** Addresses have become known. */
  onDirectory(): void;
}

export class ChainPeers implements Neighbours {
  readonly #deps: ChainPeersDeps;
  readonly #own: ReadonlySet<ConsensusKey>;
  readonly #upstreams: Upstreams;
  /** Where the nodes of the chain are. */
  readonly directory: PeerDirectory;
  readonly links: PeerLinks;
  /** Since when consensus rests; null while a height is open. */
  #restingSinceMs: number | null = null;

  constructor(deps: ChainPeersDeps) {
    this.#deps = deps;
    const { node, validator } = deps.keys;
    this.#own = new Set([node, validator].flatMap((keys) => (keys === null ? [] : [keys.consensusKey])));
    this.directory = this.#wireDirectory();
    this.#upstreams = this.#wireUpstreams();
    this.links = this.#wireLinks();
  }

  isValidating(): boolean {
    return this.#deps.driver().isValidating;
  }

  roleOf(peer: ConsensusKey): PeerRole {
    if (this.#isValidator(peer)) return 'validator';
    return this.#upstreams.has(peer) ? 'upstream' : 'stranger';
  }

  validators(): readonly ConsensusKey[] {
    const keys = this.#deps.driver().validators.map(({ consensusKey }) => consensusKey);
    return keys.filter((key) => !this.#own.has(key));
  }

  upstreams(): readonly ConsensusKey[] {
    return this.isValidating() ? [] : this.#upstreams.list();
  }

  linked(): readonly ConsensusKey[] {
    return this.links.connected;
  }

  /** Where a validator's node is may have become known since it came into the set. */
  send(peer: ConsensusKey, frame: PeerFrame): void {
    if (this.directory.urlOf(peer) === undefined && this.#isValidator(peer)) {
      this.directory.refresh(Date.now());
    }
    this.links.send(peer, frame);
  }

  /** After waking: whether a follower asks where the others are although nothing has told it to. */
  mayAsk(nowMs: number): boolean {
    const { chainId } = this.#deps;
    if (nowMs - (askedMs.get(chainId) ?? 0) < ASK_AGAIN_MS) return false;
    askedMs.set(chainId, nowMs);
    return true;
  }

  /** There is something to hear or to say: a follower calls its upstreams, `first` among them if it can be reached. */
  engage(nowMs: number, first: ConsensusKey | null = null): void {
    if (this.#deps.keys.node === null) return;
    this.directory.refresh(nowMs);
    if (!this.isValidating()) this.#upstreams.engage(nowMs, first);
  }

  /** A validator needs no upstreams. */
  disengage(): void {
    this.#upstreams.rest();
  }

  /** Peers that the registry has just heard of. */
  learn(peers: readonly ChainPeer[], nowMs: number): void {
    this.directory.learn(peers);
    this.engage(nowMs);
  }

  /** An upstream works. */
  worked(peer: ConsensusKey): void {
    this.#upstreams.worked(peer);
  }

  /** Holds something against a peer, and follows through another one. What is held against a validator never touches its votes. */
  report(peer: ConsensusKey, offence: PeerOffence, detail: string): void {
    const { ctx, env, chainId, log } = this.#deps;
    const failed = (error: unknown): void =>
      log.warning('a report was not taken', { function: 'report', error: errorText(error) });
    ctx.waitUntil(nodeStub(env).reportPeer({ peer, offence, detail, chain_id: chainId }).catch(failed));
    if (this.#upstreams.has(peer)) this.#upstreams.exclude(peer, Date.now());
  }

  /** Closes what nothing needs any more, and fills the place of an upstream that failed. */
  tick(nowMs: number, isBusy: boolean): void {
    const dueMs = this.#restDueMs(nowMs, isBusy);
    if (dueMs !== null && dueMs <= nowMs) {
      this.#upstreams.rest();
      this.links.closeIdle();
    }
    this.#upstreams.tick(nowMs);
  }

  /** `isBusy`: something was asked of a peer and has not come. */
  nextDueMs(nowMs: number, isBusy: boolean): number | null {
    const restMs = this.#restDueMs(nowMs, isBusy);
    const upstreamMs = this.#upstreams.nextDueMs();
    return restMs === null || upstreamMs === null ? (restMs ?? upstreamMs) : Math.min(restMs, upstreamMs);
  }

  #isValidator(key: ConsensusKey): boolean {
    return this.#deps.driver().validators.some(({ consensusKey }) => consensusKey === key);
  }

  #wireDirectory(): PeerDirectory {
    const { settings, env, chainId, log, event, onDirectory } = this.#deps;
    return new PeerDirectory({
      settled: settings.peers,
      own: this.#own,
      fetch: () => nodeStub(env).peersOf(chainId),
      onChanged: () =>
        event(() => {
          if (!this.isValidating() && this.#upstreams.isEngaged) this.#upstreams.engage(Date.now());
          onDirectory();
        }),
      onError: (error) =>
        log.warning('the registry did not name the peers', {
          function: 'directory',
          error: errorText(error),
        }),
    });
  }

  #wireUpstreams(): Upstreams {
    const { keys } = this.#deps;
    const isValidator = (key: ConsensusKey): boolean => this.#isValidator(key);
    return new Upstreams({
      order: keys.node?.consensusKey ?? '',
      candidates: () => (keys.node === null ? [] : this.directory.candidates(isValidator)),
      isValidator,
      isConnected: (key) => this.links.isConnected(key),
      connect: (key) => this.links.connect(key),
      release: (key) => {
        if (!this.isValidating() || !isValidator(key)) this.links.release(key);
      },
    });
  }

  #wireLinks(): PeerLinks {
    const { chainId, genesisHash, keys, isPublic, log, ctx, event, onFrame, onConnected } = this.#deps;
    return new PeerLinks({
      chainId,
      genesisHash,
      keys,
      isPublic,
      roleOf: (peer) => this.roleOf(peer),
      selfFor: (peer) => this.#selfFor(peer),
      urlOf: (peer) => this.directory.urlOf(peer),
      log,
      ctx,
      now: () => Date.now(),
      onFrame: (peer, frame) => event(() => onFrame(peer, frame)),
      onConnected: (peer) => {
        if (this.#deps.driver().isStarted) event(() => onConnected(peer));
      },
      onOverBudget: this.#deps.onOverBudget,
      onBroken: (peer, error) =>
        this.report(peer, 'bad_frame', errorText(error).slice(0, REPORT_CHARACTERS_MAX)),
      onFlood: (peer) => this.report(peer, 'flood', 'more than it may send'),
      // A link may fail under what an event sends: that is an event of its own.
      onFailed: (peer, failures) =>
        queueMicrotask(() => event(() => this.#upstreams.failed(peer, failures, Date.now()))),
    });
  }

  /** Among validators by the key that stands in the set; else by that of the node. */
  #selfFor(peer: ConsensusKey): ValidatorKeys {
    const { keys } = this.#deps;
    const self = this.isValidating() && this.#isValidator(peer) ? keys.validator : keys.node;
    assert(self !== null, 'a node without a key calls nobody');
    return self;
  }

  /** When links are closed because nothing needs them; null while consensus works, or when none is open or sought. */
  #restDueMs(nowMs: number, isBusy: boolean): number | null {
    const driver = this.#deps.driver();
    const isResting = driver.isStarted && driver.isResting && !isBusy;
    if (!isResting) this.#restingSinceMs = null;
    else this.#restingSinceMs ??= nowMs;
    if (this.#restingSinceMs === null || this.links.isQuiet) return null;
    return Math.max(this.#restingSinceMs, this.links.lastActivityMs) + LINK_LINGER_MS;
  }
}
