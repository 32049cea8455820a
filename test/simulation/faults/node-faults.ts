/** @module What can befall one node: its process, its storage, its timers and its clock. */
import type { SimulatedNode } from '../node.ts';
import type { Random } from '../random.ts';

/** Strikes a node once. */
export interface NodeFault {
  readonly name: string;
  readonly strike: (node: SimulatedNode, random: Random) => void;
}

/** The process dies with the writes of a turn not yet durable. */
export const crashBeforePersist: NodeFault = {
  name: 'crash_before_persist',
  strike: (node) => {
    node.crash = 'before_persist';
  },
};

/** The process dies after the writes of a turn and before anything leaves. */
export const crashAfterPersist: NodeFault = {
  name: 'crash_after_persist',
  strike: (node) => {
    node.crash = 'after_persist';
  },
};

/** The process dies while it sends. */
export const crashHalfSent: NodeFault = {
  name: 'crash_half_sent',
  strike: (node) => {
    node.crash = 'half_sent';
  },
};

/** A write fails in the middle of a turn. */
export const storageException: NodeFault = {
  name: 'storage_exception',
  strike: (node) => {
    node.crash = 'storage';
  },
};

/** Memory is lost between two turns, and the next event starts the object again. */
export const eviction: NodeFault = {
  name: 'eviction',
  strike: (node) => {
    node.down();
    node.boot();
  },
};

/** The process is gone for a while. */
export const outage: NodeFault = {
  name: 'outage',
  strike: (node) => node.simulation.goDown(node),
};

/** The local clock is wrong by up to ten seconds until the storm ends. */
export const clockSkew: NodeFault = {
  name: 'clock_skew',
  strike: (node, random) => {
    node.clockMs = random.between(-10_000, 10_000);
  },
};

/** The local clock jumps a little; some of it stays within the tolerance. */
export const clockJump: NodeFault = {
  name: 'clock_jump',
  strike: (node, random) => {
    node.clockMs += random.between(-400, 400);
  },
};
