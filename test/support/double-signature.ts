/** @module Two contents signed by one key for one position, as whoever holds the key can make them at any time. */

import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { encodeEvidence, makeEvidence, type SignedStep } from '../../shared/protocol/votes/evidence.ts';
import { precommitSignBytes, prevoteSignBytes, proposalSignBytes } from '../../shared/protocol/votes/vote.ts';

const SIGN_BYTES = { precommit: precommitSignBytes, prevote: prevoteSignBytes, proposal: proposalSignBytes };

/** Canonical bytes of the evidence; round 0 and the step precommit unless said. */
export function doubleSignature(
  genesisHash: string,
  signer: Pick<Signer, 'publicKey' | 'sign'>,
  at: { readonly height: number; readonly round?: number; readonly step?: SignedStep },
): Uint8Array {
  const { height, round = 0, step = 'precommit' } = at;
  const content = (fill: string) => {
    const blockHash = parseHash(`0x${fill.repeat(32)}`);
    const message = SIGN_BYTES[step](parseHash(genesisHash), { height, round, blockHash, polRound: null });
    return { blockHash, polRound: null, signature: signer.sign(message) };
  };
  const validator = consensusKeyFromBytes(signer.publicKey);
  return encodeEvidence(makeEvidence({ step, height, round, validator }, content('aa'), content('bb')));
}
