/** @module Tools of byzantine nodes: other votes, other proposals and other blocks under their own, real signature. */
import type { Block, Header } from '../../../shared/protocol/block/block.ts';
import { encodeBody, hashHeader } from '../../../shared/protocol/block/encode.ts';
import type {
  ConsensusMessage,
  SignedProposal,
  SignedVote,
} from '../../../shared/protocol/consensus/message.ts';
import type { ExecutedBlock } from '../../../shared/protocol/execution/executed-block.ts';
import type { HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { parseHash } from '../../../shared/protocol/primitives/hash.ts';
import {
  precommitSignBytes,
  prevoteSignBytes,
  proposalSignBytes,
} from '../../../shared/protocol/votes/vote.ts';
import { type Frame, frameOf, messageIn } from '../frame.ts';
import type { SimulatedNode } from '../node.ts';
import type { Random } from '../random.ts';

/** The vote with other content, signed anew. */
export function otherVote(node: SimulatedNode, vote: SignedVote, changes: Partial<SignedVote>): SignedVote {
  const changed = { ...vote, ...changes };
  const { height, round, type } = changed;
  const { genesisHash } = node.context;
  const message =
    type === 'prevote' ? prevoteSignBytes(genesisHash, changed) : precommitSignBytes(genesisHash, changed);
  return { ...changed, signature: node.signFreely({ height, round, step: type }, message) };
}

/** The proposal with other content, signed anew. */
export function otherProposal(
  node: SimulatedNode,
  proposal: SignedProposal,
  changes: Partial<SignedProposal>,
): SignedProposal {
  const changed = { ...proposal, ...changes };
  const { height, round } = changed;
  const message = proposalSignBytes(node.context.genesisHash, changed);
  return { ...changed, signature: node.signFreely({ height, round, step: 'proposal' }, message) };
}

/** The consensus message of a frame, if it is one. */
export function messageOf(frame: Frame): ConsensusMessage | null {
  return frame.kind === 'consensus' ? messageIn(frame.bytes) : null;
}

/** The frame with its own votes of this node replaced; null leaves one out. */
export function withVotes(
  node: SimulatedNode,
  frame: Frame,
  change: (vote: SignedVote) => SignedVote | null,
): readonly Frame[] {
  const message = messageOf(frame);
  if (message?.kind !== 'votes') return [frame];
  const { self } = node.state;
  const votes = message.votes
    .map((vote) => (vote.validator === self ? change(vote) : vote))
    .filter((vote) => vote !== null);
  return votes.length === 0 ? [] : [frameOf({ kind: 'votes', votes })];
}

/** The block with changes, under a new hash; its execution is that of the honest one. */
export function otherBlock(
  honest: ExecutedBlock,
  header: Partial<Header>,
  parts: Partial<Block> = {},
): ExecutedBlock {
  const block: Block = { ...honest.block, ...parts, header: { ...honest.block.header, ...header } };
  return { ...honest, block, hash: hashHeader(block.header), body: encodeBody(block) };
}

/** A hash of nothing. */
export function randomHash(random: Random): HashHex {
  const digits = Array.from({ length: 64 }, () => random.below(16).toString(16));
  return parseHash(`0x${digits.join('')}`);
}
