/** @module Second part of a block: who signed the parent, and jail for those who hardly ever do. */
import type { ConsensusKey } from '../primitives/brand.ts';
import type { BlockEnvironment } from '../state/block-environment.ts';
import { isAbsentee, readLiveness, recordAbsences } from '../state/liveness.ts';
import type { Overlay } from '../state/overlay.ts';
import { jail, mayJail } from '../state/penalties.ts';
import { validatorOf } from '../state/validator-record.ts';
import type { VotingPower } from '../validators/voting-power.ts';
import { certificateSigners } from '../votes/certificate.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import type { Incident } from './incident.ts';

/** Counts the signatures of the last commit. `members` is the set of its height. */
export function countSignatures(
  overlay: Overlay,
  block: BlockEnvironment,
  commit: CommitCertificate,
  members: readonly VotingPower[],
): Incident[] {
  const { height } = commit;
  const signers = new Set(certificateSigners(members, commit).map(({ consensusKey }) => consensusKey));
  const absent = members.filter(
    ({ consensusKey }) => !signers.has(consensusKey) && isCounted(overlay, consensusKey, height),
  );
  const window = block.params.signedWindowBlocks;
  recordAbsences(
    overlay,
    height,
    window,
    absent.map(({ consensusKey }) => consensusKey),
  );
  const total = members.reduce((sum, { power }) => sum + power, 0);
  const incidents: Incident[] = [];
  for (const { consensusKey, power } of absent) {
    const liveness = readLiveness(overlay, consensusKey);
    if (!isAbsentee(liveness, { height, window, power, total })) continue;
    if (!mayJail(overlay, block, consensusKey)) continue;
    incidents.push({ kind: 'jailed', validator: consensusKey, burned: jail(overlay, block, consensusKey) });
  }
  return incidents;
}

/** Who is jailed or out already, or came back since, has nothing to answer for. */
function isCounted(overlay: Overlay, key: ConsensusKey, height: number): boolean {
  const { jailedUntilMs, tombstone } = validatorOf(overlay, key);
  return jailedUntilMs === null && tombstone === null && readLiveness(overlay, key).sinceHeight <= height;
}
