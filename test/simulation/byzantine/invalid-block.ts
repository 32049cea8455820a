/** @module Proposes blocks that take a transaction twice. */
import { txRoot } from '../../../shared/protocol/block/roots.ts';
import type { MakeBehaviour } from '../behaviour.ts';
import { otherBlock } from './forging.ts';

export const invalidBlock: MakeBehaviour = () => ({
  name: 'invalid_block',
  forge: (_node, honest) => {
    const transactions = [...honest.block.transactions, ...honest.block.transactions];
    return otherBlock(honest, { txRoot: txRoot(transactions) }, { transactions });
  },
});
