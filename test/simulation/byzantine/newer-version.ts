/** @module Proposes blocks of a version that nobody has voted for. */
import type { MakeBehaviour } from '../behaviour.ts';
import { otherBlock } from './forging.ts';

export const newerVersion: MakeBehaviour = () => ({
  name: 'newer_version',
  forge: (_node, honest) => otherBlock(honest, { version: honest.block.header.version + 1 }),
});
