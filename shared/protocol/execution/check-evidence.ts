/** @module Whether evidence may be in a block: for the pool of a node and for execution alike. */
import { CodecError } from '../codec/codec.ts';
import type { Verifier } from '../crypto/verifier.ts';
import type { HashHex } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import type { BlockEnvironment } from '../state/block-environment.ts';
import { isYoungHeight } from '../state/clock.ts';
import { isEvidenceKnown } from '../state/evidence-records.ts';
import { validatorsAt } from '../state/set-history.ts';
import { decodeEvidence, type Evidence, isEvidenceTrue } from '../votes/evidence.ts';
import { EvidenceError } from '../votes/evidence-error.ts';

/** What evidence is judged by. */
export interface EvidenceCheck {
  /** State in which the evidence would be recorded. */
  readonly state: StateReader;
  readonly block: Pick<BlockEnvironment, 'height' | 'timeMs' | 'params'>;
  readonly genesisHash: HashHex;
  readonly verifier: Verifier;
}

/**
 * The evidence that these bytes are, if the block may hold it. Throws EvidenceError. Signatures come last, as they cost
 * most.
 */
export function checkEvidence(check: EvidenceCheck, bytes: Uint8Array): Evidence {
  const { state, block, genesisHash, verifier } = check;
  const evidence = decoded(bytes);
  const { height, validator } = evidence;
  if (height < 1 || height > block.height) {
    throw new EvidenceError('EVIDENCE_FROM_FUTURE', 'the height was not reached', { height });
  }
  if (!isYoungHeight(state, height, block.timeMs - block.params.evidenceAgeMs)) {
    throw new EvidenceError('EVIDENCE_TOO_OLD', 'the offence is older than evidence_age_ms', { height });
  }
  const members = validatorsAt(state, height);
  if (members === null || !members.some(({ consensusKey }) => consensusKey === validator)) {
    throw new EvidenceError('EVIDENCE_NOT_A_VALIDATOR', 'the key did not sign for this height', {
      validator,
    });
  }
  if (isEvidenceKnown(state, evidence)) {
    throw new EvidenceError('EVIDENCE_KNOWN', 'this offence is on the chain', { height, validator });
  }
  if (!isEvidenceTrue(evidence, genesisHash, verifier)) {
    throw new EvidenceError('EVIDENCE_FALSE', 'it does not show two signed contents', { validator });
  }
  return evidence;
}

function decoded(bytes: Uint8Array): Evidence {
  try {
    return decodeEvidence(bytes);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new EvidenceError('EVIDENCE_MALFORMED', error.message, { codec: error.code });
  }
}
