/** @module What one block far from the head shows: that a claim is true, that it is false, or that there are two chains. */
import type { DivergenceView, PeerOffence } from '../../../shared/api/objects.ts';
import type { CertifiedBytes } from '../../../shared/protocol/execution/linked-blocks.ts';
import { linkBlocks } from '../../../shared/protocol/execution/linked-blocks.ts';
import { BlockRangeError } from '../../../shared/protocol/execution/range-error.ts';
import { readValidators } from '../../../shared/protocol/state/validators.ts';
import { nodeTransactions } from '../../../shared/protocol/transaction/registry.ts';
import { validatorsHash } from '../../../shared/protocol/validators/hash.ts';
import { forkAt, type OwnChain, testimonyOf } from './divergence.ts';
import { OFFENCES } from './range-import.ts';

export type TipVerdict =
  /** Final, or the very block that is here. */
  | { readonly kind: 'certified' }
  /** The set that signed it is not known here: it is what the peer has, and no more is said. */
  | { readonly kind: 'plausible' }
  | { readonly kind: 'contradicts'; readonly divergence: Omit<DivergenceView, 'since_ms'> }
  | { readonly kind: 'false'; readonly offence: PeerOffence; readonly detail: string };

const UNCERTIFIED = 'the validators did not certify it';

/** Judges the block that a peer gave for `height`. */
export function judgeTip(bytes: CertifiedBytes, height: number, own: OwnChain): TipVerdict {
  try {
    const [linked] = linkBlocks([bytes], height, nodeTransactions);
    if (linked === undefined) return { kind: 'plausible' };
    const { certificate, hash, block } = linked;
    const isFor = certificate.blockHash === hash && certificate.height === height;
    if (!isFor) return refused('the certificate is for another block');
    const testimony = testimonyOf(certificate, own);
    switch (testimony.kind) {
      case 'ahead':
      case 'agrees':
        return { kind: 'certified' };
      case 'contradicts':
        return { kind: 'contradicts', divergence: forkAt(height, testimony.ownHash, hash) };
      case 'unsigned':
        return refused(UNCERTIFIED);
      case 'unknown': {
        const isOfThisSet = block.header.validatorsHash === validatorsHash(readValidators(own.state));
        const isAhead = height > own.headHeight();
        return isAhead && isOfThisSet ? refused(UNCERTIFIED) : { kind: 'plausible' };
      }
    }
  } catch (error) {
    if (!(error instanceof BlockRangeError)) throw error;
    return { kind: 'false', offence: OFFENCES[error.code] ?? 'invalid_block', detail: error.message };
  }
}

function refused(detail: string): TipVerdict {
  return { kind: 'false', offence: 'invalid_certificate', detail };
}
