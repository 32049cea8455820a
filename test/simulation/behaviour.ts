/** @module What a byzantine node does differently. It runs the real machine; a behaviour bends what goes in and out. */
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { Frame } from './frame.ts';
import type { SimulatedNode } from './node.ts';
import type { Random } from './random.ts';

export interface Behaviour {
  readonly name: string;
  /** What is sent to `to` in the place of `frame`. */
  readonly outgoing?: (node: SimulatedNode, to: number, frame: Frame) => readonly Frame[];
  /** The state as the node pretends to have it before each step. */
  readonly tamper?: (node: SimulatedNode, state: ConsensusState) => ConsensusState;
  /** The block it proposes in the place of an honest one. */
  readonly forge?: (node: SimulatedNode, honest: ExecutedBlock) => ExecutedBlock;
  /** Called after each of its turns. */
  readonly afterTurn?: (node: SimulatedNode) => void;
}

export type MakeBehaviour = (random: Random) => Behaviour;
