/** @module Every byzantine kind. */
import type { MakeBehaviour } from '../behaviour.ts';
import { amnesia } from './amnesia.ts';
import { equivocatingProposer } from './equivocating-proposer.ts';
import { equivocatingVoter } from './equivocating-voter.ts';
import { forgedCertificate } from './forged-certificate.ts';
import { futureFlood } from './future-flood.ts';
import { impersonator } from './impersonator.ts';
import { invalidBlock } from './invalid-block.ts';
import { invalidEvidence } from './invalid-evidence.ts';
import { lyingPeer } from './lying-peer.ts';
import { nilOnly } from './nil-only.ts';
import { selectiveSend } from './selective-send.ts';
import { silent } from './silent.ts';
import { stalePolka } from './stale-polka.ts';
import { timeLiar } from './time-liar.ts';
import { withheldBody } from './withheld-body.ts';
import { wrongStateRoot } from './wrong-state-root.ts';

export const BEHAVIOURS: readonly MakeBehaviour[] = [
  silent,
  nilOnly,
  equivocatingVoter,
  equivocatingProposer,
  amnesia,
  selectiveSend,
  invalidBlock,
  wrongStateRoot,
  invalidEvidence,
  timeLiar,
  withheldBody,
  futureFlood,
  stalePolka,
  forgedCertificate,
  impersonator,
  lyingPeer,
];
