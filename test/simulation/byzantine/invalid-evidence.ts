/** @module Accuses others with made-up evidence: in its blocks, and in what it sends. */
import { evidenceHash } from '../../../shared/protocol/block/roots.ts';
import { encodeEvidence, makeEvidence } from '../../../shared/protocol/votes/evidence.ts';
import type { MakeBehaviour } from '../behaviour.ts';
import { otherBlock, randomHash } from './forging.ts';

export const invalidEvidence: MakeBehaviour = (random) => ({
  name: 'invalid_evidence',
  forge: (_node, honest) => {
    const evidence = [Uint8Array.from({ length: 64 }, () => random.below(256))];
    return otherBlock(honest, { evidenceHash: evidenceHash(evidence) }, { evidence });
  },
  afterTurn: (node) => {
    const { height, round, validators } = node.state;
    if (validators.length < 2 || !random.chance(0.05)) return;
    const signature = () => Uint8Array.from({ length: 64 }, () => random.below(256));
    const content = () => ({ blockHash: randomHash(random), polRound: null, signature: signature() });
    const where = {
      step: 'precommit',
      height,
      round,
      validator: random.pick(validators).consensusKey,
    } as const;
    node.sendAll({ kind: 'evidence', bytes: encodeEvidence(makeEvidence(where, content(), content())) });
  },
});
