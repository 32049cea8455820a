/** @module Making and checking commit certificates. */
import type { Verifier } from '../crypto/verifier.ts';
import type { ConsensusKey, HashHex } from '../primitives/brand.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import { totalPower, type ValidatorSet } from '../validators/validator-set.ts';
import type { VotingPower } from '../validators/voting-power.ts';
import type { CommitCertificate } from './commit-certificate.ts';
import { hasQuorum } from './quorum.ts';
import { precommitSignBytes } from './vote.ts';
import { VoteError } from './vote-error.ts';

/** What the signatures of a certificate are for. */
export interface CertificateSubject {
  readonly height: number;
  readonly round: number;
  readonly blockHash: HashHex;
}

/**
 * Puts checked precommit signatures into a certificate. Throws VoteError VOTE_NOT_A_VALIDATOR for a
 * signature of a stranger and CERTIFICATE_POWER_TOO_LOW unless the signers hold more than two thirds.
 */
export function assembleCertificate(
  validators: ValidatorSet,
  subject: CertificateSubject,
  signatures: ReadonlyMap<ConsensusKey, Uint8Array>,
): CommitCertificate {
  const members = new Set(validators.map((validator) => validator.consensusKey));
  for (const key of signatures.keys()) {
    if (!members.has(key))
      throw new VoteError('VOTE_NOT_A_VALIDATOR', 'signer is not in the validator set', { key });
  }
  const bitmap = new Uint8Array(bitmapLength(validators));
  const ordered: Uint8Array[] = [];
  let power = 0;
  for (const [index, validator] of validators.entries()) {
    const signature = signatures.get(validator.consensusKey);
    if (signature === undefined) continue;
    bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | bitOf(index);
    ordered.push(signature);
    power += validator.power;
  }
  requireQuorum(power, validators);
  const { height, round, blockHash } = subject;
  return { height, round, blockHash, bitmap, signatures: ordered };
}

/** What the form of a certificate is checked against. `validators` is the set of the certified height. */
export interface CertificateForm {
  readonly validators: readonly VotingPower[];
  readonly certificate: CommitCertificate;
  readonly height: number;
  readonly blockHash: HashHex;
}

/** What a certificate is checked against. */
export interface CertificateCheck extends CertificateForm {
  readonly genesisHash: HashHex;
  readonly verifier: Verifier;
}

/**
 * Checks that a certificate makes (height, blockHash) final: its shape, every signature in it (also those
 * beyond the quorum), and strictly more than two thirds of the power. Throws VoteError. The round is
 * whatever was signed.
 */
export function verifyCertificate(check: CertificateCheck): void {
  const { certificate, verifier } = check;
  // Power first: it costs nothing, signatures do.
  const signers = checkCertificateForm(check);
  const message = precommitSignBytes(check.genesisHash, certificate);
  for (const [position, signer] of signers.entries()) {
    const signature = certificate.signatures[position];
    const key = consensusKeyToBytes(signer.consensusKey);
    if (signature === undefined || !verifier.verify(key, message, signature)) {
      throw new VoteError('CERTIFICATE_SIGNATURE_INVALID', 'a signature of the certificate does not hold', {
        key: signer.consensusKey,
      });
    }
  }
}

/** All of {@link verifyCertificate} but the signatures: whose they would be. Throws VoteError. */
export function checkCertificateForm(form: CertificateForm): VotingPower[] {
  const { certificate, validators } = form;
  if (certificate.height !== form.height) {
    throw new VoteError('CERTIFICATE_HEIGHT_MISMATCH', 'certificate is for another height', {
      expected: form.height,
      actual: certificate.height,
    });
  }
  if (certificate.blockHash !== form.blockHash) {
    throw new VoteError('CERTIFICATE_HASH_MISMATCH', 'certificate is for another block', {
      expected: form.blockHash,
      actual: certificate.blockHash,
    });
  }
  const signers = certificateSigners(validators, certificate);
  requireQuorum(totalPower(signers), validators);
  return signers;
}

/**
 * The validators whose bits are set, in key order. Throws VoteError unless bitmap and signatures fit the
 * set.
 */
export function certificateSigners<Member extends VotingPower>(
  validators: readonly Member[],
  certificate: CommitCertificate,
): Member[] {
  const { bitmap, signatures } = certificate;
  if (bitmap.length !== bitmapLength(validators)) {
    throw new VoteError('CERTIFICATE_BITMAP_LENGTH', 'bitmap does not have one bit per validator', {
      expected: bitmapLength(validators),
      actual: bitmap.length,
    });
  }
  for (let index = validators.length; index < bitmap.length * 8; index++) {
    if (bitIsSet(bitmap, index)) {
      throw new VoteError('CERTIFICATE_EXTRA_BITS', 'bitmap names a validator that does not exist', {
        index,
      });
    }
  }
  const signers = validators.filter((_validator, index) => bitIsSet(bitmap, index));
  if (signers.length !== signatures.length) {
    throw new VoteError('CERTIFICATE_SIGNATURE_COUNT', 'not one signature per bit', {
      expected: signers.length,
      actual: signatures.length,
    });
  }
  return signers;
}

function requireQuorum(power: number, validators: readonly VotingPower[]): void {
  const total = totalPower(validators);
  if (!hasQuorum(power, total)) {
    throw new VoteError('CERTIFICATE_POWER_TOO_LOW', 'signers do not hold more than two thirds', {
      power,
      total,
    });
  }
}

function bitmapLength(validators: readonly VotingPower[]): number {
  return Math.ceil(validators.length / 8);
}

function bitOf(index: number): number {
  return 0x80 >> (index & 7);
}

function bitIsSet(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >> 3] ?? 0) & bitOf(index)) !== 0;
}
