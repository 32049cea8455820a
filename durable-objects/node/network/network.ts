/** @module The node among others: wires peers, rounds, notices and the watch together, and says when something is due. */
import type {
  BootView,
  Exchange,
  ExchangeAnswer,
  NetworkFigures,
  NetworkView,
  NoticeMessage,
  NoticeView,
  PeerCall,
  PeerState,
  PeerView,
} from '../../../shared/api/network-views.ts';
import { PEER_STATES } from '../../../shared/api/network-views.ts';
import type { ChainPeer, ChainSnapshot, PeerReport, Result } from '../../../shared/api/objects.ts';
import { NONCE_BYTES } from '../../../shared/api/p2p/envelope.ts';
import type { Notice } from '../../../shared/api/p2p/notice.ts';
import { reachOf } from '../../../shared/api/p2p/peer-address.ts';
import type { Settings } from '../../../shared/api/settings.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { fail, ok } from '../../runtime/rpc-result.ts';
import type { ChainRegistry } from '../registry.ts';
import type { CheckpointTable } from '../watch/checkpoints.ts';
import type { Watch } from '../watch/watch.ts';
import { type ReadRecord, readRecord } from './admission.ts';
import { CallLimits } from './call-limits.ts';
import { Claims } from './claims.ts';
import { GenesisFetch } from './genesis-fetch.ts';
import { Membership } from './membership.ts';
import type { NetworkCounters } from './network-counters.ts';
import { NetworkState } from './network-state.ts';
import type { NodeIdentity } from './node-identity.ts';
import { Notices } from './notices.ts';
import { OnceTable } from './once-table.ts';
import { newPeer, type Peer, peerView, stateOf } from './peer.ts';
import { headsOf, PeerBook } from './peer-book.ts';
import { PeerClient } from './peer-client.ts';
import { OFFENCE_POINTS } from './peer-score.ts';
import { PeerTable } from './peer-table.ts';
import { Rounds } from './rounds.ts';
import { afterNews, afterRound, type Contact, dueContacts, intervalMs, nextContactMs } from './schedule.ts';

export interface NetworkDeps {
  readonly sql: SqlStorage;
  readonly settings: Settings;
  readonly identity: NodeIdentity;
  readonly registry: ChainRegistry;
  readonly checkpoints: CheckpointTable;
  readonly watch: Watch;
  readonly counters: NetworkCounters;
  readonly createChain: (genesis: Uint8Array) => Promise<boolean>;
  /** Tells a chain that peers are ahead of it. */
  readonly wakeChain: (chainId: string, peers: ChainPeer[]) => Promise<void>;
  /** Something is due at another time than before. */
  readonly onDue: () => void;
  readonly background: (work: Promise<unknown>) => void;
  readonly log: Logger;
}

export class Network {
  readonly #deps: NetworkDeps;
  readonly #table: PeerTable;
  readonly #book: PeerBook;
  readonly #state: NetworkState;
  readonly #nonces: OnceTable;
  readonly #told: OnceTable;
  readonly #claims: Claims;
  readonly #client: PeerClient;
  readonly #membership: Membership;
  readonly #rounds: Rounds;
  readonly #notices: Notices;
  readonly genesis: GenesisFetch;
  /** Something changed since the last round began. */
  #isNews = false;

  constructor(deps: NetworkDeps) {
    this.#deps = deps;
    const { sql, settings, identity, registry, counters, log } = deps;
    const { allowPrivatePeers: allowPrivate, bootNodes } = settings.network;
    const now = (): number => Date.now();
    const count = (name: string, labels: Readonly<Record<string, string>>) => counters.count(name, labels);
    this.#table = new PeerTable(sql);
    this.#state = new NetworkState(sql);
    this.#nonces = new OnceTable(sql, 'nonces');
    this.#told = new OnceTable(sql, 'notices');
    const limits = new CallLimits(now());
    this.#claims = new Claims(registry, deps.checkpoints);
    this.#client = new PeerClient(identity, {
      allows: (url) => allowPrivate || reachOf(url) === 'public',
      now,
    });
    this.#book = new PeerBook({
      table: this.#table,
      self: identity.nodeId,
      allowPrivate,
      settled: settings.peers,
      log,
      count,
      ownClaims: () => this.#claims.own(),
      onNews: () => this.#news(),
      onDead: ({ nodeId, record }) => this.#notices.tell({ kind: 'dead_peer', nodeId, seq: record.seq }),
    });
    const shared = { book: this.#book, client: this.#client, count, now, log };
    const record = (): ReadRecord => this.#state.ownRecord(identity, now());
    const onClaims: (nodeId: string, claims: Exchange['chains']) => void = (nodeId, claims) =>
      this.#compare(nodeId, claims);
    this.#membership = new Membership({
      ...shared,
      table: this.#table,
      nonces: this.#nonces,
      limits,
      record,
      claimsFor: (peer) => this.#claims.shownTo(peer),
      onClaims,
      onLeft: ({ sealed }) => this.#notices.tell({ kind: 'leave', record: sealed }),
    });
    this.#rounds = new Rounds({
      ...shared,
      state: this.#state,
      self: identity.nodeId,
      bootNodes,
      record,
      claimsFor: (peer) => this.#claims.shownTo(peer),
      onClaims,
    });
    this.#notices = new Notices({
      ...shared,
      told: this.#told,
      limits,
      identity,
      random: Math.random,
      peerOf: (call, nowMs) => this.#membership.peerOf(call, nowMs),
      apply: (notice, nowMs) => this.#apply(notice, nowMs),
      observe: (name, labels, seconds) => counters.observe(name, labels, seconds),
      background: deps.background,
    });
    this.genesis = new GenesisFetch({
      settings: settings.network,
      client: this.#client,
      has: (chainId) => registry.record(chainId) !== null,
      sources: (chainId, hash) => this.#book.ofChain(chainId, hash, now()).map(({ url }) => url),
      create: deps.createChain,
      log,
    });
  }

  join(call: PeerCall, exchange: Exchange): Result<ExchangeAnswer> {
    return this.#closed() ?? this.#membership.join(call, exchange, Date.now());
  }

  sync(call: PeerCall, exchange: Exchange): Result<ExchangeAnswer> {
    return this.#closed() ?? this.#membership.sync(call, exchange, Date.now());
  }

  leave(call: PeerCall, request: { readonly record: string }): Result<null> {
    return this.#membership.leave(call, request, Date.now());
  }

  broadcast(call: PeerCall, message: NoticeMessage): Result<{ id: string; relayed: boolean }> {
    return this.#notices.take(call, message);
  }

  notice(id: string): NoticeView | null {
    return this.#notices.arrival(id);
  }

  beacon(): { id: string } {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    return { id: this.#notices.tell({ kind: 'beacon', nonce }) };
  }

  async joinThrough(url: string): Promise<Result<PeerView>> {
    this.#state.rejoin();
    const met = await this.#rounds.meet(url);
    this.#deps.onDue();
    if (met.kind === 'met') return ok(peerView(met.peer, Date.now()));
    if (met.kind === 'self') return fail('PEER_UNREACHABLE', 'the node there is this one');
    return fail(met.problem.code, met.problem.detail);
  }

  async leaveNetwork(): Promise<{ told: number }> {
    const { identity } = this.#deps;
    const peers = this.#book.active(Date.now());
    const { sealed } = this.#state.leave(identity, Date.now());
    const outcomes = await Promise.all(
      peers.map((peer) => {
        const target = { url: this.#book.urlOf(peer), nodeKey: peer.record.nodeKey };
        return this.#client.call(target, 'leave', { record: toHex(sealed) }, peer.failures);
      }),
    );
    this.#table.clear();
    this.#deps.onDue();
    return { told: outcomes.filter(({ kind }) => kind === 'answer').length };
  }

  peersOf(chainId: string): ChainPeer[] {
    const hash = this.#deps.registry.record(chainId)?.genesis_hash;
    return hash === undefined ? [] : this.#book.ofChain(chainId, hash, Date.now());
  }

  report({ peer: name, offence, detail, chain_id }: PeerReport): void {
    const peer = this.#table.find(name);
    if (peer === undefined) return;
    const why = `${offence} on ${chain_id}: ${detail.slice(0, 200)}`;
    this.#deps.counters.count('blockchain_network_offences_total', { offence });
    this.#book.judge(peer, -OFFENCE_POINTS[offence], why, Date.now());
  }

  /** A chain of this node has a new head. */
  headMoved(): void {
    this.#news();
  }

  /** When something is to be done; null for never. */
  nextDueMs(): number | null {
    const due = [this.#nextRoundMs(), this.genesis.nextDueMs()].filter((ms) => ms !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Does what is due. */
  async run(nowMs: number): Promise<void> {
    await this.genesis.run(nowMs);
    if (this.#state.hasLeft) return;
    const { settings } = this.#deps;
    const { isRound, due } = dueContacts(this.#state.rhythm, tempoOf(settings), this.#contacts(nowMs), nowMs);
    if (isRound) this.#isNews = false;
    await this.#rounds.ask(due);
    if (isRound) this.#endRound();
    await this.#wakeChains();
    this.#nonces.sweep(Date.now());
    this.#told.sweep(Date.now());
  }

  view(): NetworkView {
    const { identity, settings } = this.#deps;
    const nowMs = Date.now();
    return {
      node_id: identity.nodeId,
      record: this.#state.hasLeft ? null : toHex(this.#state.ownRecord(identity, nowMs).sealed),
      peers: this.#book.all().map((peer) => this.#shown(peer, nowMs)),
      boot_nodes: settings.network.bootNodes.map((url) => this.#bootView(url, nowMs)),
      next_round_ms: this.#nextRoundMs(),
      interval_ms: intervalMs(this.#state.rhythm, tempoOf(settings)),
    };
  }

  /** The node as others see it, also this one itself. */
  node(nodeId: string): PeerView | null {
    const { identity } = this.#deps;
    const nowMs = Date.now();
    const known = this.#book.get(nodeId);
    if (known !== undefined) return this.#shown(known, nowMs);
    if (nodeId !== identity.nodeId || this.#state.hasLeft) return null;
    const { record, sealed } = this.#state.ownRecord(identity, nowMs);
    const own = newPeer(record, sealed, 'boot', record.seq);
    return peerView(
      { ...own, phase: 'active', lastSeenMs: nowMs, claims: this.#claims.shownTo(null) },
      nowMs,
    );
  }

  figures(): Pick<NetworkFigures, 'peers' | 'interval_ms'> {
    const nowMs = Date.now();
    const peers = Object.fromEntries(PEER_STATES.map((state) => [state, 0])) as Record<PeerState, number>;
    for (const peer of this.#book.all()) peers[stateOf(peer, nowMs)] += 1;
    return { peers, interval_ms: intervalMs(this.#state.rhythm, tempoOf(this.#deps.settings)) };
  }

  /** Who answers, who does not any more, and whom comparisons are kept of. */
  surroundings(): { activePeers: number; lostPeers: number; nodeIds: ReadonlySet<string> } {
    const peers = this.#book.all().filter(({ phase }) => phase !== 'left');
    const boots = this.#deps.settings.network.bootNodes.map((url) => this.#state.boot(url).nodeId);
    const heard = peers.filter(({ bannedUntilMs }) => bannedUntilMs <= Date.now());
    return {
      activePeers: peers.filter(({ phase, failures }) => phase === 'active' && failures === 0).length,
      lostPeers: peers.filter(({ lastReachedMs, failures }) => lastReachedMs > 0 && failures > 0).length,
      nodeIds: new Set([
        ...heard.map(({ nodeId }) => nodeId as string),
        ...boots.filter((id) => id !== null),
      ]),
    };
  }

  /** A peer as anybody may see it: that it runs a chain of two parties is nobody else's business. */
  #shown(peer: Peer, nowMs: number): PeerView {
    const { registry } = this.#deps;
    const claims = peer.claims.filter(
      ({ chain_id }) => registry.record(chain_id)?.chain_type !== 'bilateral',
    );
    return peerView({ ...peer, claims }, nowMs);
  }

  #closed(): ReturnType<typeof fail> | null {
    return this.#state.hasLeft ? fail('NETWORK_DISABLED', 'this node has left the network') : null;
  }

  #contacts(nowMs: number): Contact[] {
    return [...this.#book.contacts(), ...this.#rounds.bootContacts(nowMs)];
  }

  #nextRoundMs(): number | null {
    if (this.#state.hasLeft) return null;
    return nextContactMs(this.#state.rhythm, tempoOf(this.#deps.settings), this.#contacts(Date.now()));
  }

  #endRound(): void {
    const heads = headsOf(this.#claims.own());
    const changed = this.#isNews || heads !== this.#state.heads;
    const round = { changed, nowMs: Date.now(), random: Math.random() };
    this.#state.setRound(afterRound(this.#state.rhythm, tempoOf(this.#deps.settings), round), heads);
  }

  #news(): void {
    this.#isNews = true;
    const tempo = tempoOf(this.#deps.settings);
    this.#state.setRhythm(afterNews(this.#state.rhythm, tempo, Date.now(), Math.random()));
    this.#deps.onDue();
  }

  #compare(nodeId: string, claims: Exchange['chains']): void {
    this.#deps.watch.compare(nodeId, this.#claims.own(), claims, Date.now());
  }

  /** A notice that is new and true. */
  #apply(notice: Notice, nowMs: number): void {
    if (notice.kind === 'leave') {
      const read = readRecord(toHex(notice.record));
      if (read !== null) this.#book.left(read);
    }
    if (notice.kind !== 'dead_peer') return;
    const { intervalMs: sinceMs } = tempoOf(this.#deps.settings);
    if (notice.nodeId === this.#deps.identity.nodeId) this.#news();
    else this.#book.suspect(notice.nodeId, notice.seq, nowMs - sinceMs);
  }

  /** Chains of which peers have more wake and ask them. */
  async #wakeChains(): Promise<void> {
    const ahead = this.#deps.registry.snapshots().flatMap((chain) => {
      const peers = this.#aheadOf(chain);
      return peers.length === 0 ? [] : [{ chainId: chain.chain_id, peers }];
    });
    await Promise.all(ahead.map(({ chainId, peers }) => this.#deps.wakeChain(chainId, peers)));
  }

  #aheadOf({ chain_id, genesis_hash, head }: ChainSnapshot): ChainPeer[] {
    return this.#book
      .ofChain(chain_id, genesis_hash, Date.now())
      .filter(({ height }) => height > head.height);
  }

  #bootView(url: string, nowMs: number): BootView {
    const { nodeId, failures, detail } = this.#state.boot(url);
    if (nodeId === this.#deps.identity.nodeId) return { url, state: 'self', detail: '' };
    if (failures > 0) return { url, state: 'failing', detail };
    const peer = nodeId === null ? undefined : this.#book.get(nodeId);
    return {
      url,
      state: peer !== undefined && stateOf(peer, nowMs) === 'active' ? 'joined' : 'waiting',
      detail: '',
    };
  }
}

function tempoOf({ network }: Settings): { intervalMs: number; jitterMs: number } {
  return { intervalMs: network.syncIntervalMs, jitterMs: network.syncJitterMs };
}
