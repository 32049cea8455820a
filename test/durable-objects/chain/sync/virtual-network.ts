/**
 * @module Synchronisation against peers that answer in virtual time, each in its own way. The decisions are the real ones;
 * blocks are numbers, and a false one is found when it is taken, as in the node.
 */
import { plan } from '../../../../durable-objects/chain/sync/plan.ts';
import {
  arrived,
  failed,
  headMoved,
  knowPeers,
  lied,
  nextRange,
  rejected,
  type Step,
  tipMissing,
  tipShown,
} from '../../../../durable-objects/chain/sync/progress.ts';
import {
  type Download,
  newSyncState,
  type Report,
  type SyncState,
} from '../../../../durable-objects/chain/sync/sync-state.ts';
import type { ChainPeer } from '../../../../shared/api/objects.ts';
import { RANGE_BLOCKS_MAX, RANGE_BYTES_FULL } from '../../../../shared/api/p2p/blocks-codec.ts';
import type { CertifiedBytes } from '../../../../shared/protocol/execution/linked-blocks.ts';

/** How a peer behaves. `height` is what it has, `claim` what it says. */
export interface VirtualPeer {
  readonly name: string;
  readonly height: number;
  readonly claim: number;
  readonly kind: 'honest' | 'silent' | 'empty' | 'short' | 'false' | 'garbage';
  /** Milliseconds to an answer. */
  readonly delayMs: number;
}

/** What a run is checked for at each step, and after it. */
export interface VirtualRun {
  readonly state: SyncState;
  readonly nowMs: number;
  readonly reports: readonly Report[];
  /** Requests by peer. */
  readonly asked: ReadonlyMap<string, number>;
  /** The most that was ever under way or waiting at once. */
  readonly peak: { downloads: number; ranges: number; perPeer: number };
}

const GOOD = Uint8Array.of(1);
const BAD = Uint8Array.of(0);
const TIMEOUT_MS = 15_000;
/** Virtual time that ends a run in any case. */
const RUN_MS_MAX = 1_800_000;

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Runs until the head has every height that an honest peer has and nothing is under way. `bytes` is the size of a body. */
export function runVirtually(peers: readonly VirtualPeer[], bytes: number): VirtualRun {
  const target = Math.max(0, ...peers.filter(({ kind }) => kind === 'honest').map(({ height }) => height));
  const directory = peers.map(
    ({ name, claim }): ChainPeer => ({
      node_id: name,
      node_key: name,
      consensus_key: null,
      url: '',
      name,
      height: claim,
      score: 0,
    }),
  );
  const body = new Uint8Array(bytes);
  let nowMs = 0;
  let order = 0;
  let events: Event[] = [];
  let state = knowPeers(newSyncState(0, RANGE_BLOCKS_MAX), directory, nowMs);
  const reports: Report[] = [];
  const asked = new Map<string, number>();
  const peak = { downloads: 0, ranges: 0, perPeer: 0 };
  const later = (atMs: number, run: () => void): void => {
    events.push({ atMs, order: order++, run });
  };
  const apply = (step: Step): void => {
    state = step.state;
    reports.push(...step.reports);
  };
  const answerTip = (download: Download, peer: VirtualPeer): void => {
    if (peer.kind === 'false') apply(lied(state, download, 'invalid_certificate', 'false', nowMs));
    else if (peer.kind === 'empty' || peer.height < download.to) apply(tipMissing(state, download, nowMs));
    else state = tipShown(state, download, true);
  };
  const answerRange = (download: Download, peer: VirtualPeer): void => {
    const has =
      peer.kind === 'empty' ? 0 : Math.max(0, Math.min(download.to, peer.height) - download.from + 1);
    const full = Math.max(1, Math.ceil(RANGE_BYTES_FULL / bytes));
    const count = Math.min(has, full, peer.kind === 'short' ? 1 : has);
    const certificate = peer.kind === 'false' ? BAD : GOOD;
    const blocks = Array.from({ length: count }, (): CertifiedBytes => ({ body, certificate }));
    apply(arrived(state, download, blocks, nowMs));
  };
  const answer = (download: Download, peer: VirtualPeer): void => {
    if (peer.kind === 'garbage') apply(failed(state, download, 'bad_frame', 'garbage', nowMs));
    else if (peer.kind === 'silent') apply(failed(state, download, 'timeout', 'silent', nowMs));
    else if (download.kind === 'tip') answerTip(download, peer);
    else answerRange(download, peer);
  };
  const look = (): void => {
    for (let range = nextRange(state); range !== null; range = nextRange(state)) {
      const isFalse = range.blocks.some(({ certificate }) => certificate === BAD);
      if (isFalse) apply(rejected(state, range, 'invalid_certificate', 'false', nowMs));
      else state = headMoved(state, range.to, nowMs);
    }
    const next = plan(state, nowMs);
    state = next.state;
    for (const request of next.requests) {
      const peer = peers.find(({ name }) => name === request.peer);
      if (peer === undefined) throw new Error('only known peers are asked');
      asked.set(peer.name, (asked.get(peer.name) ?? 0) + 1);
      later(nowMs + (peer.kind === 'silent' ? TIMEOUT_MS : peer.delayMs), () => {
        answer(request, peer);
        look();
      });
    }
    const { downloads, ready } = state;
    peak.downloads = Math.max(peak.downloads, downloads.length);
    peak.ranges = Math.max(
      peak.ranges,
      downloads.filter(({ kind }) => kind === 'range').length + ready.length,
    );
    for (const { name } of peers) {
      peak.perPeer = Math.max(peak.perPeer, downloads.filter(({ peer }) => peer === name).length);
    }
    if (next.wakeMs !== null) later(Math.max(next.wakeMs, nowMs + 1), look);
  };
  // The registry repeats what peers say.
  const refresh = (): void => {
    state = knowPeers(state, directory, nowMs);
    look();
    later(nowMs + 10_000, refresh);
  };
  refresh();
  while (events.length > 0 && nowMs < RUN_MS_MAX) {
    if (state.head >= target && state.downloads.length === 0) break;
    events.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    const [first, ...rest] = events;
    if (first === undefined) break;
    events = rest;
    nowMs = first.atMs;
    first.run();
  }
  return { state, nowMs, reports, asked, peak };
}
