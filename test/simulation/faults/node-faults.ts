/** @module What can befall one node: its process, its storage, its timers and its clock. */
import type { SimulatedNode } from '../node.ts';
import type { Random } from '../random.ts';

/** Strikes a node once. Says so when there is nothing to strike. */
export interface NodeFault {
  readonly name: string;
  readonly strike: (node: SimulatedNode, random: Random) => 'no target' | undefined;
}

/** A fault that finds a target in every node. */
function everywhere(name: string, strike: (node: SimulatedNode, random: Random) => void): NodeFault {
  return {
    name,
    strike(node, random) {
      strike(node, random);
      return undefined;
    },
  };
}

/** The process dies with the writes of a turn not yet durable. */
const crashBeforePersist = everywhere('crash_before_persist', (node) => {
  node.crash = 'before_persist';
});

/** The process dies after the writes of a turn and before anything leaves. */
const crashAfterPersist = everywhere('crash_after_persist', (node) => {
  node.crash = 'after_persist';
});

/** The process dies while it sends. */
const crashHalfSent = everywhere('crash_half_sent', (node) => {
  node.crash = 'half_sent';
});

/** One of the next writes fails in the middle of a turn. */
const storageException = everywhere('storage_exception', (node, random) => {
  node.sql.failAfter = random.below(12);
});

/** No write succeeds until the storm ends. */
const diskFull = everywhere('disk_full', (node) => {
  node.sql.isFull = true;
});

/** Memory is lost between two turns, and the next event starts the object again. */
const eviction = everywhere('eviction', (node) => {
  node.down();
  node.boot();
});

/** A second instance starts while the first goes on with its memory, its timers and its links. */
const staleInstance: NodeFault = {
  name: 'stale_instance',
  strike(node) {
    if (!node.isHonest) return 'no target';
    node.replace();
    return undefined;
  },
};

/** Probability that storage is lost as a whole in the place of being put back. */
const LOSS = 0.2;

/**
 * The storage is an earlier copy of itself, or begins anew. A restore of the same height needs the operator's order, since no record could
 * show it; what byzantine nodes and keys that are held have together stays below a third.
 */
const restoredSnapshot: NodeFault = {
  name: 'restored_snapshot',
  strike(node, random) {
    if (!node.isHonest || node.isHeld || !canSpare(node) || !isCopied(node)) return 'no target';
    const snapshot = random.chance(LOSS) ? node.simulation.world.beginning : node.snapshot;
    if (snapshot === null) return 'no target';
    node.restore(snapshot, snapshot.height >= node.registry.height || random.chance(0.5));
    return undefined;
  },
};

/** Whether the others decide without this node. */
function canSpare(node: SimulatedNode): boolean {
  const { nodes, observer } = node.simulation;
  const height = node.height + 1;
  const silent = nodes.filter((each) => each === node || !each.isHonest || each.isSilentAt(height));
  const keys = silent.map(({ key }) => key);
  return 3 * observer.sets.power(height, keys) < (observer.sets.at(height)?.total ?? 0);
}

/** Whether the blocks of this node are elsewhere, too: one that decided alone may hold the only copy, and there is no ledger. */
function isCopied(node: SimulatedNode): boolean {
  return node.simulation.honest.some((other) => other !== node && other.height >= node.height);
}

/** The process is gone for a while. */
const outage = everywhere('outage', (node) => node.simulation.goDown(node));

/** The local clock is wrong by up to ten seconds until the storm ends. */
const clockSkew = everywhere('clock_skew', (node, random) => {
  node.clockMs = random.between(-10_000, 10_000);
});

/** The local clock jumps a little; some of it stays within the tolerance. */
const clockJump = everywhere('clock_jump', (node, random) => {
  node.clockMs += random.between(-400, 400);
});

/** The local clock stands still until the storm ends. */
const frozenClock = everywhere('frozen_clock', (node) => {
  node.frozenMs = node.nowMs;
});

export const NODE_FAULTS: readonly NodeFault[] = [
  crashBeforePersist,
  crashAfterPersist,
  crashHalfSent,
  storageException,
  diskFull,
  eviction,
  staleInstance,
  restoredSnapshot,
  outage,
  clockSkew,
  clockJump,
  frozenClock,
];
