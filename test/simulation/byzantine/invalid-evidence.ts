/** @module Proposes blocks that accuse someone with made-up evidence. */
import { evidenceHash } from '../../../shared/protocol/block/roots.ts';
import type { MakeBehaviour } from '../behaviour.ts';
import { otherBlock } from './forging.ts';

export const invalidEvidence: MakeBehaviour = (random) => ({
  name: 'invalid_evidence',
  forge: (_node, honest) => {
    const evidence = [Uint8Array.from({ length: 64 }, () => random.below(256))];
    return otherBlock(honest, { evidenceHash: evidenceHash(evidence) }, { evidence });
  },
});
