/**
 * @module The service that keeps a chain up with its peers, for as long as the object lives: it pulls certified ranges,
 * takes what holds, tells who lied, and never stops because consensus has begun. What to ask of whom is decided in
 * `plan.ts`, what events mean in `progress.ts`.
 */
import type { ChainPeer, DivergenceView, SyncFigures } from '../../../shared/api/objects.ts';
import { RANGE_BLOCKS_MAX } from '../../../shared/api/p2p/blocks-codec.ts';
import { errorText, type Logger } from '../../../shared/observability/log.ts';
import { BlockRangeError } from '../../../shared/protocol/execution/range-error.ts';
import type { CertificateRule } from '../../../shared/protocol/execution/verify-range.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import { decodeCertificate } from '../../../shared/protocol/votes/encode.ts';
import { type DivergenceRow, forkAt, type OwnChain, testimonyOf } from './divergence.ts';
import { ANSWER_TIMEOUT_MS, PEERS_REFRESH_MS } from './limits.ts';
import { comparison, phaseOf, plan } from './plan.ts';
import {
  arrived,
  certifiedAt,
  failed,
  headMoved,
  hearPeers,
  knowPeers,
  lied,
  nextRange,
  rejected,
  type Step,
  tipMissing,
  tipShown,
} from './progress.ts';
import { type BlocksTransport, fetchRange, type RangeAnswer } from './range-client.ts';
import { OFFENCES, type RangeImport } from './range-import.ts';
import { RateMeter } from './rate-meter.ts';
import {
  type Download,
  highestClaim,
  newSyncState,
  type ReadyRange,
  type Report,
  type SyncState,
} from './sync-state.ts';
import { judgeTip } from './tip-verdict.ts';

export interface BlockSyncDeps {
  readonly own: OwnChain;
  readonly imports: RangeImport;
  readonly certificates: CertificateRule;
  readonly transport: BlocksTransport;
  readonly divergence: DivergenceRow;
  readonly log: Logger;
  /** All peers there are now, best first. */
  readonly directory: () => Promise<readonly ChainPeer[]>;
  /** Tells whoever keeps scores. */
  readonly report: (report: Report) => void;
  /** Exact totals that outlive the object. */
  readonly totals: () => Pick<SyncFigures, 'imported_total' | 'failures_total'>;
  /** Counts an answer that was of no use. Called inside an event. */
  readonly onFailure: () => void;
  /** What `figures` says has changed in more than a number. */
  readonly onChange: () => void;
  /** Runs as one event of the object: reads the clock, arms the timer. */
  readonly event: (work: (nowMs: number) => void) => void;
}

export class BlockSync {
  readonly #deps: BlockSyncDeps;
  readonly #rate = new RateMeter();
  #state: SyncState;
  #divergence: DivergenceView | null;
  /** When `tick` has something to do; null for nothing. */
  #wakeMs: number | null = null;
  /** When peers were last asked for; null before the first answer. */
  #askedMs: number | null = null;
  #isAsking = false;
  #phase: SyncFigures['state'] = 'synced';

  constructor(deps: BlockSyncDeps) {
    this.#deps = deps;
    this.#state = newSyncState(deps.own.headHeight(), RANGE_BLOCKS_MAX);
    this.#divergence = deps.divergence.read();
  }

  /** What shows that this node is on another chain than its network; null while nothing does. */
  get divergence(): DivergenceView | null {
    return this.#divergence;
  }

  /** After waking: whoever is ahead is found out. */
  start(nowMs: number): void {
    if (this.#divergence !== null) this.#deps.log.error('this node has diverged', { ...this.#divergence });
    this.#askForPeers(nowMs);
    this.#settle(nowMs);
  }

  /** Peers say that they have more. */
  peersAhead(peers: readonly ChainPeer[], nowMs: number): void {
    this.#state = hearPeers(this.#state, peers, nowMs);
    this.#next(nowMs);
  }

  /** A peer announces its head. `certificate` is null at height 0, and where the peer only said its height. */
  tip(peer: ConsensusKey, height: number, certificate: Uint8Array | null, nowMs: number): void {
    if (certificate !== null && height !== this.#state.certified) this.#hear(certificate, nowMs);
    if (height <= this.#state.head) return;
    const known = [...this.#state.peers.values()].find(
      ({ node_key, consensus_key }) => node_key === peer || consensus_key === peer,
    );
    if (known === undefined) this.#askForPeers(nowMs);
    else this.#state = hearPeers(this.#state, [{ ...known, height }], nowMs);
    this.#next(nowMs);
  }

  /** The head has moved, whoever moved it. Inside a turn: what follows waits for the next tick. */
  headMoved(height: number, nowMs: number): void {
    this.#state = headMoved(this.#state, height, nowMs);
    if (this.#state.behindSinceMs === null) return;
    this.#rate.add(height, nowMs);
    this.#wakeMs = nowMs;
  }

  /** What is due: a range to take, requests to make, peers to ask for again. */
  tick(nowMs: number): void {
    if (this.#wakeMs === null || this.#wakeMs > nowMs) return;
    const range = this.#divergence === null ? nextRange(this.#state) : null;
    if (range !== null) this.#take(range, nowMs);
    this.#next(nowMs);
  }

  /** While an answer is awaited the time is that of a watchdog. */
  nextDueMs(nowMs: number): number | null {
    if (this.#wakeMs !== null) return this.#wakeMs;
    return this.#state.downloads.length > 0 ? nowMs + ANSWER_TIMEOUT_MS : null;
  }

  figures(nowMs: number): SyncFigures {
    const { head, certified, peers } = this.#state;
    const rate = this.#rate.perSecond(nowMs);
    return {
      state: this.#phaseAt(nowMs),
      target: certified,
      claimed: Math.max(certified, highestClaim(this.#state)),
      blocks_per_second: rate,
      eta_ms: certified > head && rate > 0 ? Math.round(((certified - head) * 1_000) / rate) : null,
      peers: peers.size,
      ...this.#deps.totals(),
      ...(this.#divergence === null ? {} : { divergence: this.#divergence }),
    };
  }

  /** The validators have certified what this node cannot follow. It stops and says so. */
  diverge(divergence: Omit<DivergenceView, 'since_ms'>, nowMs: number): void {
    if (this.#divergence !== null) return;
    const found = { ...divergence, since_ms: nowMs };
    this.#divergence = found;
    // A rule that this version does not know may be in the next one; two chains stay two chains.
    if (found.kind === 'fork') this.#deps.divergence.write(found);
    this.#deps.log.error('diverged: this node takes no more blocks', { function: 'diverge', ...found });
    this.#settle(nowMs);
  }

  /** What a range or block that was refused says of the chain; null where it only speaks against its sender. */
  contradiction(error: BlockRangeError): Omit<DivergenceView, 'since_ms'> | null {
    if (OFFENCES[error.code] !== null) return null;
    const { height, own_hash, certified_hash, hash } = error.details;
    return {
      kind: error.code === 'RANGE_FORKED' ? 'fork' : 'invalid_block',
      height: Number(height),
      own_hash: typeof own_hash === 'string' ? own_hash : null,
      certified_hash: String(certified_hash ?? hash),
      detail: error.message,
    };
  }

  #phaseAt(nowMs: number): SyncFigures['state'] {
    return this.#divergence === null ? phaseOf(this.#state, nowMs) : 'diverged';
  }

  /** Plans again, makes the requests, and says when to look next. */
  #next(nowMs: number): void {
    if (this.#divergence !== null) {
      this.#wakeMs = null;
      this.#settle(nowMs);
      return;
    }
    const { state, requests, wakeMs } = plan(this.#state, nowMs);
    this.#state = state;
    for (const request of requests) this.#download(request);
    const isBehind = state.behindSinceMs !== null;
    if (isBehind) this.#askForPeers(nowMs);
    else this.#rate.clear();
    const askAgainMs = isBehind && this.#askedMs !== null ? this.#askedMs + PEERS_REFRESH_MS : null;
    const due = [nextRange(state) === null ? null : nowMs, wakeMs, askAgainMs].filter(
      (atMs) => atMs !== null,
    );
    this.#wakeMs = due.length === 0 ? null : Math.min(...due);
    this.#settle(nowMs);
  }

  #settle(nowMs: number): void {
    const phase = this.#phaseAt(nowMs);
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#deps.log.info('synchronisation', { function: 'settle', state: phase, head: this.#state.head });
    this.#deps.onChange();
  }

  #askForPeers(nowMs: number): void {
    if (this.#isAsking || (this.#askedMs !== null && nowMs < this.#askedMs + PEERS_REFRESH_MS)) return;
    this.#isAsking = true;
    const isFirst = this.#askedMs === null;
    const answer = this.#deps.directory().catch((error: unknown) => {
      this.#deps.log.warning('the node did not name its peers', {
        function: 'directory',
        error: errorText(error),
      });
      return null;
    });
    void answer.then((peers) =>
      this.#deps.event((atMs) => {
        this.#isAsking = false;
        this.#askedMs = atMs;
        if (peers !== null) this.#state = knowPeers(this.#state, peers, atMs);
        if (isFirst) this.#compare();
        this.#next(atMs);
      }),
    );
  }

  /** Where no peer has as many blocks the network may have begun again without this node. */
  #compare(): void {
    if (this.#divergence !== null) return;
    const { state, requests } = comparison(this.#state);
    this.#state = state;
    for (const request of requests) this.#download(request);
  }

  #download(request: Download): void {
    const peer = this.#state.peers.get(request.peer);
    if (peer === undefined) return;
    void fetchRange(this.#deps.transport, peer, request).then((answer) =>
      this.#deps.event((nowMs) => {
        if (this.#divergence === null) this.#receive(request, answer, nowMs);
        this.#next(nowMs);
      }),
    );
  }

  #receive(request: Download, answer: RangeAnswer, nowMs: number): void {
    if (answer.kind === 'failed') {
      this.#apply(failed(this.#state, request, answer.offence, answer.detail, nowMs));
    } else if (request.kind === 'range') {
      this.#apply(arrived(this.#state, request, answer.blocks, nowMs));
    } else {
      this.#receiveTip(request, answer.blocks, nowMs);
    }
  }

  /** One block far from the head: whether it stands where the peer says, and agrees with what is here. */
  #receiveTip(
    request: Download,
    blocks: Extract<RangeAnswer, { kind: 'blocks' }>['blocks'],
    nowMs: number,
  ): void {
    const [block] = blocks;
    const verdict = block === undefined ? null : judgeTip(block, request.from, this.#deps.own);
    if (verdict === null) this.#apply(tipMissing(this.#state, request, nowMs));
    else if (verdict.kind === 'false') {
      this.#apply(lied(this.#state, request, verdict.offence, verdict.detail, nowMs));
    } else {
      this.#state = tipShown(this.#state, request, verdict.kind === 'certified');
      if (verdict.kind === 'contradicts') this.diverge(verdict.divergence, nowMs);
    }
  }

  /** A certificate from a link. One that says nothing here may be of a set that is not known yet. */
  #hear(certificate: Uint8Array, nowMs: number): void {
    try {
      const decoded = decodeCertificate(certificate);
      const testimony = testimonyOf(decoded, this.#deps.own);
      if (testimony.kind === 'ahead') this.#state = certifiedAt(this.#state, testimony.height);
      if (testimony.kind !== 'contradicts') return;
      this.diverge(forkAt(testimony.height, testimony.ownHash, decoded.blockHash), nowMs);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }

  #take(range: ReadyRange, nowMs: number): void {
    try {
      this.#deps.imports.run(range.blocks, this.#deps.certificates);
    } catch (error) {
      if (!(error instanceof BlockRangeError)) throw error;
      const contradiction = this.contradiction(error);
      const offence = OFFENCES[error.code];
      if (contradiction !== null) this.diverge(contradiction, nowMs);
      else if (offence !== null) this.#apply(rejected(this.#state, range, offence, error.message, nowMs));
    }
  }

  #apply({ state, reports }: Step): void {
    this.#state = state;
    for (const report of reports) {
      this.#deps.log.warning('a peer is of no use to synchronisation', { function: 'apply', ...report });
      this.#deps.onFailure();
      this.#deps.report(report);
    }
  }
}
