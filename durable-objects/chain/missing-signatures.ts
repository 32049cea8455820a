/** @module Whose signature a commit that stands in a block lacks. */
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { validatorsAt } from '../../shared/protocol/state/set-history.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';

/**
 * Validators of the height of `commit` that are not in it. The proposer of the next block puts in every precommit that
 * has come by then, so unlike the certificate that a node decided by this counts no one for being a moment late.
 */
export function missingIn(state: StateReader, commit: CommitCertificate | null): ConsensusKey[] {
  if (commit === null) return [];
  const members = validatorsAt(state, commit.height) ?? [];
  const { bitmap } = commit;
  return members.flatMap(({ consensusKey }, index) =>
    ((bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) === 0 ? [consensusKey] : [],
  );
}
