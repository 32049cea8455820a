/** @module Certificates of a round: made of the votes at hand, checked when others send them. */
import type { Verifier } from '../crypto/verifier.ts';
import { assert } from '../primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../primitives/brand.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import { totalPower, type ValidatorSet } from '../validators/validator-set.ts';
import { assembleCertificate, certificateSigners, verifyCertificate } from '../votes/certificate.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { hasQuorum } from '../votes/quorum.ts';
import { prevoteSignBytes } from '../votes/vote.ts';
import { VoteError } from '../votes/vote-error.ts';
import type { PolkaCertificate, SignedVote, VoteType } from './message.ts';

/** The certificate of votes that all have the content of the first, with more than two thirds of the power. */
export function certificateOf(validators: ValidatorSet, votes: readonly SignedVote[]): CommitCertificate {
  const [sample] = votes;
  assert(sample !== undefined && sample.blockHash !== null, 'a certificate is for a block');
  const signatures = new Map<ConsensusKey, Uint8Array>();
  for (const vote of votes) {
    const validator = validators[vote.validator];
    assert(validator !== undefined, 'a counted vote is of a validator');
    signatures.set(validator.consensusKey, vote.signature);
  }
  const { height, round, blockHash } = sample;
  return assembleCertificate(validators, { height, round, blockHash }, signatures);
}

/** As `certificateOf`, of prevotes. */
export function polkaOf(validators: ValidatorSet, votes: readonly SignedVote[]): PolkaCertificate {
  return { ...certificateOf(validators, votes), polRound: votes[0]?.polRound ?? null };
}

/** Whether every bit and signature of the polka holds and more than two thirds are behind it. */
export function isPolkaValid(
  certificate: PolkaCertificate,
  validators: ValidatorSet,
  genesisHash: HashHex,
  verifier: Verifier,
): boolean {
  try {
    const signers = certificateSigners(validators, certificate);
    if (!hasQuorum(totalPower(signers), totalPower(validators))) return false;
    const message = prevoteSignBytes(genesisHash, certificate);
    return signers.every((signer, position) => {
      const signature = certificate.signatures[position];
      const key = consensusKeyToBytes(signer.consensusKey);
      return signature !== undefined && verifier.verify(key, message, signature);
    });
  } catch (error) {
    if (error instanceof VoteError) return false;
    throw error;
  }
}

/** Whether the certificate makes its block final at `height`. */
export function isCommitValid(
  certificate: CommitCertificate,
  height: number,
  validators: ValidatorSet,
  genesisHash: HashHex,
  verifier: Verifier,
): boolean {
  try {
    const { blockHash } = certificate;
    verifyCertificate({ genesisHash, validators, certificate, height, blockHash, verifier });
    return true;
  } catch (error) {
    if (error instanceof VoteError) return false;
    throw error;
  }
}

/** The single votes of a certificate that was checked. */
export function votesIn(
  certificate: CommitCertificate,
  type: VoteType,
  polRound: number | null,
  validators: ValidatorSet,
): SignedVote[] {
  const { height, round, blockHash } = certificate;
  return certificateSigners(validators, certificate).flatMap((signer, position) => {
    const validator = validators.indexOf(signer);
    const signature = certificate.signatures[position];
    if (signature === undefined) return [];
    return [{ type, height, round, blockHash, polRound, validator, signature }];
  });
}
