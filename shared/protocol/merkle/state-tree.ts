/** @module The authenticated state: a sparse Merkle tree over hashed keys, updated a block at a time. */
import { sha256 } from '../crypto/hashing.ts';
import { assert } from '../primitives/assert.ts';
import { compareBytes, equalBytes } from '../primitives/bytes.ts';
import type { StateWrite } from '../primitives/state-reader.ts';
import type { PageReader, PageWrite } from './page-store.ts';
import {
  bitAt,
  hashOf,
  joinNodes,
  type LeafNode,
  leafNode,
  PATH_BITS,
  type StateNode,
  statePath,
} from './state-node.ts';
import {
  childId,
  decodePage,
  emptySlots,
  encodePage,
  PAGE_DEPTH_MAX,
  PAGE_LEVELS,
  type PageSlots,
  pageRoot,
  slotOf,
} from './state-page.ts';
import type { StateProof } from './state-proof.ts';

export { EMPTY_HASH, statePath } from './state-node.ts';

/** The tree after a batch: its root, and the pages that differ from those that were read. */
export interface TreeUpdate {
  readonly root: Uint8Array;
  readonly pages: PageWrite[];
}

/** A leaf to set, or to delete where `leaf` is null. */
interface LeafChange {
  readonly path: Uint8Array;
  readonly leaf: LeafNode | null;
}

/** What one update carries down the tree. */
interface Batch {
  readonly reader: PageReader;
  readonly changes: readonly LeafChange[];
  readonly pages: PageWrite[];
}

/**
 * Applies the writes of one block; the last write to a key counts. Root and pages depend only on what the tree then
 * holds, never on order or batching. Reads and writes each touched page once.
 */
export function updateTree(reader: PageReader, writes: readonly StateWrite[]): TreeUpdate {
  const batch: Batch = { reader, changes: sortedChanges(writes), pages: [] };
  const root = updatePage(batch, '', 0, 0, batch.changes.length, reader.getPage(''));
  return { root: hashOf(root), pages: batch.pages };
}

/** The root of the stored tree. */
export function treeRoot(reader: PageReader): Uint8Array {
  const stored = reader.getPage('');
  return hashOf(stored === null ? null : pageRoot(decodePage('', stored)));
}

/** The proof that a key is present or absent; which of the two, `verifyStateProof` is told by the value. */
export function proveState(reader: PageReader, namespace: string, key: Uint8Array): StateProof {
  const path = statePath(namespace, key);
  const siblings: Uint8Array[] = [];
  const bitmap = new Uint8Array(PATH_BITS / 8);
  let depth = 0;
  const visit = (sibling: StateNode): void => {
    if (sibling !== null) {
      bitmap[depth >> 3] = (bitmap[depth >> 3] as number) | (0x80 >> (depth & 7));
      siblings.push(hashOf(sibling));
    }
    depth += 1;
  };
  const end = descend(reader, path, visit);
  const other =
    end === null || equalBytes(end.path, path) ? null : { path: end.path, valueHash: end.valueHash };
  return { bitmap: bitmap.slice(0, Math.ceil(depth / 8)), siblings, other };
}

/** Follows a path to the leaf or empty subtree where it ends, and shows every sibling on the way. */
function descend(reader: PageReader, path: Uint8Array, visit: (sibling: StateNode) => void): LeafNode | null {
  let id = '';
  let stored = reader.getPage(id);
  if (stored === null) return null;
  for (let pageDepth = 0; pageDepth < PAGE_DEPTH_MAX; pageDepth++) {
    assert(stored !== null, `state page '${id}' is missing`);
    const levels = levelsOf(decodePage(id, stored));
    for (let level = 0; level < PAGE_LEVELS; level++) {
      // Nodes of the level below the current one, at the current position times two and plus one.
      const position = prefixIn(path, pageDepth, level);
      const current = levels[level]?.[position] ?? null;
      if (current === null || current.kind === 'leaf') return current;
      visit(levels[level + 1]?.[2 * position + (1 - bitAt(path, pageDepth * PAGE_LEVELS + level))] ?? null);
    }
    const slot = slotOf(path, pageDepth);
    const end = levels[PAGE_LEVELS]?.[slot] ?? null;
    if (end === null || end.kind === 'leaf') return end;
    id = childId(id, slot);
    stored = reader.getPage(id);
  }
  assert(false, 'a path ends within 256 levels');
}

/** All nodes of a page, by level: level 0 is its root, the last level its slots. */
function levelsOf(slots: PageSlots): StateNode[][] {
  const levels: StateNode[][] = [slots];
  for (let level: StateNode[] = slots; level.length > 1; levels.unshift(level)) {
    const below = level;
    level = Array.from({ length: below.length / 2 }, (_, i) =>
      joinNodes(below[2 * i] ?? null, below[2 * i + 1] ?? null),
    );
  }
  return levels;
}

/** The first `level` bits of the part of a path that lies in a page. */
function prefixIn(path: Uint8Array, pageDepth: number, level: number): number {
  return slotOf(path, pageDepth) >> (PAGE_LEVELS - level);
}

/** Changes in path order, the last one of each path. */
function sortedChanges(writes: readonly StateWrite[]): LeafChange[] {
  const all = writes.map(({ namespace, key, value }): LeafChange => {
    const path = statePath(namespace, key);
    return { path, leaf: value === null ? null : leafNode(path, sha256(value)) };
  });
  // The sort is stable, so among equal paths the last written stays last.
  all.sort((a, b) => compareBytes(a.path, b.path));
  return all.filter((change, i) => {
    const next = all[i + 1];
    return next === undefined || !equalBytes(change.path, next.path);
  });
}

/** Applies changes[from, to) to one page and those below it; returns the subtree that the page then stands for. */
function updatePage(
  batch: Batch,
  id: string,
  pageDepth: number,
  from: number,
  to: number,
  stored: Uint8Array | null,
): StateNode {
  const slots = stored === null ? emptySlots() : decodePage(id, stored);
  for (let start = from; start < to; ) {
    const slot = slotOf(pathOf(batch, start), pageDepth);
    let end = start + 1;
    while (end < to && slotOf(pathOf(batch, end), pageDepth) === slot) end += 1;
    slots[slot] = updateSlot(batch, slots[slot] ?? null, childId(id, slot), pageDepth + 1, start, end);
    start = end;
  }
  const root = pageRoot(slots);
  keepPage(batch, id, slots, root, stored);
  return root;
}

/** Applies changes[from, to), all of which lie below this slot, to what the slot holds. */
function updateSlot(
  batch: Batch,
  node: StateNode,
  id: string,
  pageDepth: number,
  from: number,
  to: number,
): StateNode {
  if (node?.kind === 'branch') {
    const stored = batch.reader.getPage(id);
    assert(stored !== null, `state page '${id}' is missing`);
    return updatePage(batch, id, pageDepth, from, to, stored);
  }
  const leaves = mergeLeaf(batch, node, from, to);
  if (leaves.length < 2) return leaves[0]?.leaf ?? null;
  return updatePage({ ...batch, changes: leaves }, id, pageDepth, 0, leaves.length, null);
}

/** The leaves that a slot without a page holds after the changes, in path order. */
function mergeLeaf(batch: Batch, present: LeafNode | null, from: number, to: number): LeafChange[] {
  const leaves: LeafChange[] = [];
  let pending = present;
  for (let i = from; i < to; i++) {
    const change = batch.changes[i] as LeafChange;
    if (pending !== null) {
      const order = compareBytes(pending.path, change.path);
      if (order < 0) leaves.push({ path: pending.path, leaf: pending });
      if (order <= 0) pending = null;
    }
    if (change.leaf !== null) leaves.push(change);
  }
  if (pending !== null) leaves.push({ path: pending.path, leaf: pending });
  return leaves;
}

/** Records the page if it changed: one with two leaves or more is stored, the root page also with one. */
function keepPage(
  batch: Batch,
  id: string,
  slots: PageSlots,
  root: StateNode,
  stored: Uint8Array | null,
): void {
  const isKept = root !== null && (root.kind === 'branch' || id === '');
  if (!isKept) {
    if (stored !== null) batch.pages.push({ id, bytes: null });
    return;
  }
  const bytes = encodePage(slots);
  if (stored === null || !equalBytes(stored, bytes)) batch.pages.push({ id, bytes });
}

function pathOf(batch: Batch, index: number): Uint8Array {
  return (batch.changes[index] as LeafChange).path;
}
