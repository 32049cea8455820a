/** @module A second block for the same place, as valid as the first. */
import { buildBlock } from '../../../shared/protocol/execution/build-block.ts';
import type { ExecutedBlock } from '../../../shared/protocol/execution/executed-block.ts';
import type { SimulatedNode } from '../node.ts';

/** The block built again with its time moved, never below what the chain allows. */
export function rebuilt(node: SimulatedNode, executed: ExecutedBlock, moveMs: number): ExecutedBlock {
  const state = node.life?.chainState ?? node.storage.store;
  const { world } = node.simulation;
  const { header, lastCommit, transactions } = executed.block;
  const earliestMs = node.parent.timeMs + world.genesis.params.blockTimeMs;
  return buildBlock(world.chain, {
    state,
    pages: state,
    parent: { ...node.parent, commit: lastCommit },
    round: header.round,
    timeMs: Math.max(earliestMs, header.timeMs + moveMs),
    proposer: header.proposer,
    candidates: transactions,
  });
}
