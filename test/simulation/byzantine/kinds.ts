/** @module Every byzantine kind. */
import type { MakeBehaviour } from '../behaviour.ts';
import { Random } from '../random.ts';
import { amnesia } from './amnesia.ts';
import { equivocatingProposer } from './equivocating-proposer.ts';
import { equivocatingVoter } from './equivocating-voter.ts';
import { forgedCertificate } from './forged-certificate.ts';
import { futureFlood } from './future-flood.ts';
import { greedySet } from './greedy-set.ts';
import { impersonator } from './impersonator.ts';
import { invalidBlock } from './invalid-block.ts';
import { invalidEvidence } from './invalid-evidence.ts';
import { lyingPeer } from './lying-peer.ts';
import { newerVersion } from './newer-version.ts';
import { nilOnly } from './nil-only.ts';
import { selectiveSend } from './selective-send.ts';
import { silent } from './silent.ts';
import { stalePolka } from './stale-polka.ts';
import { timeLiar } from './time-liar.ts';
import { turncoat } from './turncoat.ts';
import { withheldBody } from './withheld-body.ts';
import { wrongStateRoot } from './wrong-state-root.ts';

export const BEHAVIOURS: readonly MakeBehaviour[] = [
  silent,
  nilOnly,
  equivocatingVoter,
  equivocatingProposer,
  amnesia,
  turncoat,
  selectiveSend,
  invalidBlock,
  wrongStateRoot,
  invalidEvidence,
  greedySet,
  newerVersion,
  timeLiar,
  withheldBody,
  futureFlood,
  stalePolka,
  forgedCertificate,
  impersonator,
  lyingPeer,
];

export const BYZANTINE_KINDS: readonly string[] = BEHAVIOURS.map((make) => make(new Random(0)).name);
