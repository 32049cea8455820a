/** @module Whose signature a commit that stands in a block lacks. */
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { validatorsAt } from '../../shared/protocol/state/set-history.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';

/** Keys of the set whose commit this is, ascending; none where there is no commit or the set is forgotten. */
export function signersOf(state: StateReader, commit: CommitCertificate | null): ConsensusKey[] {
  if (commit === null) return [];
  return (validatorsAt(state, commit.height) ?? []).map(({ consensusKey }) => consensusKey);
}

/**
 * Those of `signers` that are not in the commit. The proposer of the next block puts in every precommit that has come by
 * then, so unlike the certificate that a node decided by this counts no one for being a moment late.
 */
export function missingIn(
  signers: readonly ConsensusKey[],
  commit: CommitCertificate | null,
): ConsensusKey[] {
  if (commit === null) return [];
  const { bitmap } = commit;
  return signers.filter((_key, index) => ((bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) === 0);
}
