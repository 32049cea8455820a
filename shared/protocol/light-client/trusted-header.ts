/**
 * @module What a light client trusts, and how trust moves to a higher header: by the set that the trusted header names
 * as the next one, or by more than a third of the trusted set. Source: docs/spec/snapshots.md.
 */
import { hashHeader } from '../block/encode.ts';
import type { Verifier } from '../crypto/verifier.ts';
import type { ChainId, HashHex } from '../primitives/brand.ts';
import { validatorsHash } from '../validators/hash.ts';
import { totalPower } from '../validators/validator-set.ts';
import type { VotingPower } from '../validators/voting-power.ts';
import { certificateSigners, checkCertificateForm, verifyCertificate } from '../votes/certificate.ts';
import { hasThird } from '../votes/quorum.ts';
import { VoteError } from '../votes/vote-error.ts';
import type { LightBlock } from './light-block.ts';
import { LightClientError } from './light-client-error.ts';

/** A header that is taken for final. Height 0 is the genesis, where nothing is taken on anyone's word. */
export interface TrustedHeader {
  readonly chainId: ChainId;
  readonly genesisHash: HashHex;
  readonly height: number;
  readonly hash: HashHex;
  readonly timeMs: number;
  /** The set of this height; at height 0 that of height 1. */
  readonly validators: readonly VotingPower[];
  /** Of the set of the height above. */
  readonly nextValidatorsHash: HashHex;
}

/** The trust that a genesis gives. `validators` is the set of height 1. */
export function trustedGenesis(genesis: {
  readonly chainId: ChainId;
  readonly genesisHash: HashHex;
  readonly timeMs: number;
  readonly validators: readonly VotingPower[];
}): TrustedHeader {
  const { genesisHash, validators } = genesis;
  return { ...genesis, height: 0, hash: genesisHash, nextValidatorsHash: validatorsHash(validators) };
}

/** Moves trust to a higher header. Throws LightClientError. */
export function trust(trusted: TrustedHeader, next: LightBlock, verifier: Verifier): TrustedHeader {
  const moved = trustIfSigned(trusted, next);
  const { certificate, header, validators } = next;
  const { genesisHash } = trusted;
  certified(() =>
    verifyCertificate({
      genesisHash,
      validators,
      certificate,
      height: header.height,
      blockHash: moved.hash,
      verifier,
    }),
  );
  return moved;
}

/** All of {@link trust} but the signatures: where trust would move if they hold. Throws LightClientError. */
export function trustIfSigned(trusted: TrustedHeader, next: LightBlock): TrustedHeader {
  const { header, certificate, validators } = next;
  const hash = hashHeader(header);
  checkPlace(trusted, next);
  certified(() => checkCertificateForm({ validators, certificate, height: header.height, blockHash: hash }));
  // The set that was promised needs no further word; any other one needs that of an honest member of the trusted set.
  if (header.validatorsHash !== trusted.nextValidatorsHash) checkOverlap(trusted, next);
  const { height, timeMs, nextValidatorsHash } = header;
  return { ...trusted, height, hash, timeMs, validators, nextValidatorsHash };
}

function checkPlace(trusted: TrustedHeader, { header, validators }: LightBlock): void {
  const refuse = (code: ConstructorParameters<typeof LightClientError>[0], message: string): never => {
    throw new LightClientError(code, message, { height: header.height, trusted_height: trusted.height });
  };
  if (header.chainId !== trusted.chainId) refuse('LIGHT_CHAIN_MISMATCH', 'the header is of another chain');
  if (header.height <= trusted.height) {
    refuse('LIGHT_HEIGHT_NOT_ABOVE', 'the header is not above the trusted one');
  }
  if (header.timeMs <= trusted.timeMs) {
    refuse('LIGHT_TIME_NOT_ABOVE', 'the header is not later than the trusted one');
  }
  if (header.validatorsHash !== validatorsHash(validators)) {
    refuse('LIGHT_VALIDATORS_MISMATCH', 'the set is not the one that the header names');
  }
  if (header.height > trusted.height + 1) return;
  if (header.parentHash !== trusted.hash) {
    refuse('LIGHT_PARENT_MISMATCH', 'the header is not the child of the trusted one');
  }
  if (header.validatorsHash !== trusted.nextValidatorsHash) {
    refuse('LIGHT_VALIDATORS_MISMATCH', 'the set is not the one that the parent promised');
  }
}

function checkOverlap(trusted: TrustedHeader, { header, certificate, validators }: LightBlock): void {
  const signers = new Set(
    certificateSigners(validators, certificate).map(({ consensusKey }) => consensusKey),
  );
  const known = trusted.validators.filter(({ consensusKey }) => signers.has(consensusKey));
  if (hasThird(totalPower(known), totalPower(trusted.validators))) return;
  throw new LightClientError(
    'LIGHT_TRUST_TOO_LOW',
    'no more than a third of the trusted set signed the header',
    { height: header.height, trusted_height: trusted.height, power: totalPower(known) },
  );
}

function certified(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof VoteError)) throw error;
    throw new LightClientError('LIGHT_CERTIFICATE_INVALID', error.message, { vote_code: error.code });
  }
}
