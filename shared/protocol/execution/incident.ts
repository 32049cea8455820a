/** @module What happened to validators in a block without a transaction of theirs. */
import type { ConsensusKey } from '../primitives/brand.ts';
import type { EvidenceOutcome } from '../state/evidence-records.ts';

export type Incident =
  | {
      readonly kind: 'evidence';
      readonly validator: ConsensusKey;
      readonly outcome: EvidenceOutcome;
      /** Bonded units burned. */
      readonly burned: bigint;
    }
  | { readonly kind: 'jailed'; readonly validator: ConsensusKey; readonly burned: bigint };
