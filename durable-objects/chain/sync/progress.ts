/** @module What events make of the state of synchronisation. Each function is pure; reports are for whoever keeps scores. */
import type { ChainPeer, PeerOffence } from '../../../shared/api/objects.ts';
import { RANGE_BLOCKS_MAX, RANGE_BYTES_FULL } from '../../../shared/api/p2p/blocks-codec.ts';
import type { CertifiedBytes } from '../../../shared/protocol/execution/linked-blocks.ts';
import {
  DOWNLOAD_ATTEMPTS,
  LIAR_PAUSE_MS,
  PAUSE_FIRST_MS,
  PAUSE_MAX_MS,
  PEERS_MAX,
  PROCESSING_ATTEMPTS,
} from './limits.ts';
import {
  type Attempts,
  type Download,
  type ReadyRange,
  type Report,
  type SyncPeer,
  type SyncState,
  withPeer,
} from './sync-state.ts';

export interface Step {
  readonly state: SyncState;
  readonly reports: readonly Report[];
}

const NOTHING_KNOWN = { claim: 0, hope: 0, shown: 0, failures: 0, pausedUntilMs: 0 };
const NO_ATTEMPTS: Attempts = { downloads: 0, processings: 0, failed: [] };

/** All peers there are, best first. Those that are known keep what is known of them; others are forgotten. */
export function knowPeers(state: SyncState, directory: readonly ChainPeer[], nowMs: number): SyncState {
  const best = directory.slice(0, PEERS_MAX);
  const peers = best.map((peer) => [peer.node_id, knownAs(state, peer, nowMs)] as const);
  return { ...state, peers: new Map(peers) };
}

/** Some peers, with what they say now. */
export function hearPeers(state: SyncState, some: readonly ChainPeer[], nowMs: number): SyncState {
  const peers = new Map(state.peers);
  for (const peer of some) {
    if (peers.has(peer.node_id) || peers.size < PEERS_MAX)
      peers.set(peer.node_id, knownAs(state, peer, nowMs));
  }
  return { ...state, peers };
}

/** While a peer is left alone its claims do not count: it may be in that place because of them. */
function knownAs(state: SyncState, peer: ChainPeer, nowMs: number): SyncPeer {
  const known = state.peers.get(peer.node_id);
  const { claim, hope, shown, failures, pausedUntilMs } = known ?? NOTHING_KNOWN;
  const isHeard = pausedUntilMs <= nowMs;
  return {
    ...peer,
    claim: isHeard ? Math.max(claim, peer.height) : claim,
    hope,
    shown,
    failures,
    pausedUntilMs,
  };
}

/** A certificate shows that this height is final. */
export function certifiedAt(state: SyncState, height: number): SyncState {
  return height > state.certified ? { ...state, certified: height } : state;
}

/** The head is at `head` now, whoever moved it. */
export function headMoved(state: SyncState, head: number, nowMs: number): SyncState {
  if (head <= state.head) return state;
  const certified = Math.max(state.certified, head);
  const ready = state.ready.flatMap((range) => aboveHead(range, head));
  const attempts = new Map([...state.attempts].filter(([from]) => from > head));
  const mayWait = !state.isPulling && state.behindSinceMs !== null;
  const behindSinceMs = mayWait ? nowMs : state.behindSinceMs;
  return { ...state, head, certified, ready, attempts, behindSinceMs };
}

/** The blocks to take next, or null while the ones above the head are not here. */
export function nextRange(state: SyncState): ReadyRange | null {
  const [first] = state.ready;
  return first?.from === state.head + 1 ? first : null;
}

/** An answer that is in its form and within its bounds. `bytes` counts the bodies. */
export function arrived(
  state: SyncState,
  download: Download,
  blocks: readonly CertifiedBytes[],
  nowMs: number,
): Step {
  if (!isUnderWay(state, download)) return { state, reports: [] };
  const { from, to, peer: id } = download;
  const last = from + blocks.length - 1;
  const bytes = blocks.reduce((sum, { body }) => sum + body.length, 0);
  const isWhole = last === to;
  const claim = state.peers.get(id)?.claim ?? 0;
  let next = withPeer(without(state, download), id, (peer) => ({
    failures: blocks.length > 0 ? 0 : peer.failures,
    shown: Math.max(peer.shown, last),
    hope: isWhole ? to + 1 : peer.hope > last ? 0 : peer.hope,
  }));
  if (blocks.length > 0) {
    const ready = [...next.ready, ...aboveHead({ from, to: last, peer: id, blocks }, next.head)];
    next = { ...next, ready: ready.sort((a, b) => a.from - b.from) };
  }
  if (bytes >= RANGE_BYTES_FULL) return { state: { ...next, length: blocks.length }, reports: [] };
  if (isWhole)
    return { state: { ...next, length: Math.min(RANGE_BLOCKS_MAX, next.length * 2) }, reports: [] };
  // Short of both bounds: this is all it has.
  if (claim <= last) return { state: next, reports: [] };
  const detail = `claims height ${claim} and ends at ${last}`;
  return failedWith(
    withPeer(next, id, () => ({ claim: last })),
    download,
    'truncated',
    detail,
    nowMs,
  );
}

/** A peer has the block that it claims, and it is certified, or at least not known to be false. */
export function tipShown(state: SyncState, download: Download, isCertified: boolean): SyncState {
  if (!isUnderWay(state, download)) return state;
  const next = withPeer(without(state, download), download.peer, (peer) => ({
    failures: 0,
    shown: Math.max(peer.shown, download.to),
  }));
  return isCertified ? certifiedAt(next, download.to) : next;
}

/** A peer does not have the block that it claims. */
export function tipMissing(state: SyncState, download: Download, nowMs: number): Step {
  if (!isUnderWay(state, download)) return { state, reports: [] };
  const next = withPeer(without(state, download), download.peer, ({ shown, failures }) => ({
    claim: Math.max(state.head, shown),
    failures: failures + 1,
    pausedUntilMs: nowMs + pauseMs(failures),
  }));
  const detail = `claims height ${download.to} and does not have it`;
  return { state: next, reports: [{ peer: download.peer, offence: 'truncated', detail }] };
}

/** No answer, or one that is none; without an offence, one that says no. The same heights are asked of others. */
export function failed(
  state: SyncState,
  download: Download,
  offence: PeerOffence | null,
  detail: string,
  nowMs: number,
): Step {
  if (!isUnderWay(state, download)) return { state, reports: [] };
  return failedWith(without(state, download), download, offence, detail, nowMs);
}

/** The peer of a download sent what no validator certified: as {@link rejected}, before anything was kept. */
export function lied(
  state: SyncState,
  download: Download,
  offence: PeerOffence,
  detail: string,
  nowMs: number,
): Step {
  if (!isUnderWay(state, download)) return { state, reports: [] };
  return rejected(without(state, download), download, offence, detail, nowMs);
}

/** The blocks of a range are not what the validators certified. Nothing else of their sender is used. */
export function rejected(
  state: SyncState,
  range: Pick<ReadyRange, 'from' | 'peer'>,
  offence: PeerOffence,
  detail: string,
  nowMs: number,
): Step {
  const report = { peer: range.peer, offence, detail };
  const ready = state.ready.filter(({ peer }) => peer !== range.peer);
  const next = withPeer({ ...state, ready }, range.peer, (peer) => ({
    claim: Math.min(peer.claim, state.head),
    hope: 0,
    failures: peer.failures + 1,
    pausedUntilMs: nowMs + LIAR_PAUSE_MS,
  }));
  const before = next.attempts.get(range.from) ?? NO_ATTEMPTS;
  const attempts = { ...before, processings: before.processings + 1, failed: [...before.failed, report] };
  return account(next, range.from, attempts, [report], nowMs);
}

function failedWith(
  state: SyncState,
  { kind, from, peer }: Download,
  offence: PeerOffence | null,
  detail: string,
  nowMs: number,
): Step {
  const reports = offence === null ? [] : [{ peer, offence, detail }];
  const next = withPeer(state, peer, ({ failures }) => ({
    failures: failures + 1,
    pausedUntilMs: nowMs + pauseMs(failures),
  }));
  // A tip is asked of the one who claims it, so nobody else takes its place.
  if (kind === 'tip') return { state: next, reports };
  const before = next.attempts.get(from) ?? NO_ATTEMPTS;
  const attempts = {
    ...before,
    downloads: before.downloads + 1,
    failed: [...before.failed, { peer, offence, detail }],
  };
  return account(next, from, attempts, reports, nowMs);
}

/** After the last attempt everyone who failed with these heights answers for it once more, and others are asked. */
function account(
  state: SyncState,
  from: number,
  attempts: Attempts,
  reports: readonly Report[],
  nowMs: number,
): Step {
  const isOver = attempts.downloads >= DOWNLOAD_ATTEMPTS || attempts.processings >= PROCESSING_ATTEMPTS;
  if (!isOver) return { state: { ...state, attempts: new Map(state.attempts).set(from, attempts) }, reports };
  const left = new Map(state.attempts);
  left.delete(from);
  const last = new Map(attempts.failed.map((failure) => [failure.peer, failure]));
  let next: SyncState = { ...state, attempts: left };
  for (const id of last.keys()) {
    next = withPeer(next, id, ({ pausedUntilMs }) => ({
      pausedUntilMs: Math.max(pausedUntilMs, nowMs + PAUSE_MAX_MS),
    }));
  }
  const again = [...last.values()].flatMap(({ offence, ...failure }) =>
    offence === null ? [] : [{ ...failure, offence }],
  );
  return { state: next, reports: [...reports, ...again] };
}

function pauseMs(failures: number): number {
  return Math.min(PAUSE_MAX_MS, PAUSE_FIRST_MS * 2 ** Math.min(failures, 20));
}

function isUnderWay(state: SyncState, { id }: Download): boolean {
  return state.downloads.some((download) => download.id === id);
}

function without(state: SyncState, { id }: Download): SyncState {
  return { ...state, downloads: state.downloads.filter((download) => download.id !== id) };
}

function aboveHead(range: ReadyRange, head: number): ReadyRange[] {
  if (range.from > head) return [range];
  if (range.to <= head) return [];
  return [{ ...range, from: head + 1, blocks: range.blocks.slice(head + 1 - range.from) }];
}
