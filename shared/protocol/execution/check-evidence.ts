/** @module Whether evidence may be in a block: for the pool of a node and for execution alike. */
import { CodecError } from '../codec/codec.ts';
import type { Verifier } from '../crypto/verifier.ts';
import type { HashHex } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import type { BlockEnvironment } from '../state/block-environment.ts';
import { isYoungHeight } from '../state/clock.ts';
import { isEvidenceKnown, isOffender } from '../state/evidence-records.ts';
import { canSpare } from '../state/penalties.ts';
import { validatorsAt } from '../state/set-history.ts';
import { validatorOf } from '../state/validator-record.ts';
import { decodeEvidence, type Evidence, isEvidenceTrue } from '../votes/evidence.ts';
import { EvidenceError } from '../votes/evidence-error.ts';

/** What evidence is judged by. */
export interface EvidenceCheck {
  /** State in which the evidence would be recorded. */
  readonly state: StateReader;
  /** The block that would hold it. */
  readonly block: BlockEnvironment;
  readonly genesisHash: HashHex;
  readonly verifier: Verifier;
}

/**
 * The evidence that these bytes are, if the block may hold it. Throws EvidenceError. Signatures come last, as they cost
 * most.
 */
export function checkEvidence(check: EvidenceCheck, bytes: Uint8Array): Evidence {
  const evidence = readEvidence(bytes);
  checkEvidencePlace(check, evidence);
  checkEvidenceTruth(evidence, check.genesisHash, check.verifier);
  return evidence;
}

/** Whether the block may hold evidence whose signatures are known to hold. Throws EvidenceError. */
export function checkEvidencePlace(
  { state, block }: Pick<EvidenceCheck, 'state' | 'block'>,
  evidence: Evidence,
): void {
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
  checkNews(state, block, evidence);
}

/** Whether the two signed contents are there: all that can be said without the state. Throws EvidenceError. */
export function checkEvidenceTruth(evidence: Evidence, genesisHash: HashHex, verifier: Verifier): void {
  if (isEvidenceTrue(evidence, genesisHash, verifier)) return;
  const { validator } = evidence;
  throw new EvidenceError('EVIDENCE_FALSE', 'it does not show two signed contents', { validator });
}

/**
 * Evidence is free and makes blocks, so it must change something: an offender that is out for good could sign any number of
 * further items, and so could one that cannot be punished; of that one a single item is recorded.
 */
function checkNews(state: StateReader, block: BlockEnvironment, evidence: Evidence): void {
  const { height, validator } = evidence;
  if (validatorOf(state, validator).tombstone !== null) {
    throw new EvidenceError('EVIDENCE_TOMBSTONED', 'the validator is out for good', { validator });
  }
  const isIdle = isOffender(state, validator) && !canSpare(state, block, validator);
  if (isIdle || isEvidenceKnown(state, evidence)) {
    throw new EvidenceError('EVIDENCE_KNOWN', 'the offence is on the chain', { height, validator });
  }
}

/** The item that these bytes encode. Throws EVIDENCE_MALFORMED. */
export function readEvidence(bytes: Uint8Array): Evidence {
  try {
    return decodeEvidence(bytes);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new EvidenceError('EVIDENCE_MALFORMED', error.message, { codec: error.code });
  }
}
