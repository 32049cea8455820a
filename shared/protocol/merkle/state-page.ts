/** @module Pages of the state tree: how a few levels of it are stored in one row. Pages never enter a hash. */
import { assert } from '../primitives/assert.ts';
import { joinNodes, leafNode, PATH_BITS, type StateNode } from './state-node.ts';

/**
 * Levels of the tree in one page: one hex digit of the id. Measured for blocks of 5,000 transfers, 4 levels against 8:
 * among 10 accounts 2 rows and 0.7 KB against 1 row and 0.7 KB; among 10,000 accounts 3,600 rows and 750 KB against 850
 * rows and 717 KB; a single transfer among 10,000 accounts 7 rows, 3 KB and 0.5 ms against 3 rows, 13 KB and 1.5 ms.
 * Four it is: the cost of a small block stays small, and a page of 8 levels grows towards 16 KB for each leaf touched in
 * a state of millions, where the bytes written would bind before the rows do.
 */
export const PAGE_LEVELS = 4;

/** Slots of a page: the subtrees at its lower edge. */
const PAGE_SLOTS = 1 << PAGE_LEVELS;

/** Pages from the root to the deepest one. */
export const PAGE_DEPTH_MAX = PATH_BITS / PAGE_LEVELS;

const BITMAP_BYTES = PAGE_SLOTS / 8;
const HASH = 32;
const LEAF = 2 * HASH;
const DIGITS = PAGE_LEVELS / 4;

/** The subtrees below a page in path order: empty, one leaf, or a branch whose own page has the next id. */
export type PageSlots = StateNode[];

/** A page with nothing in it. */
export function emptySlots(): PageSlots {
  return new Array<StateNode>(PAGE_SLOTS).fill(null);
}

/** Which slot a path takes in a page that is `pageDepth` pages below the root. */
export function slotOf(path: Uint8Array, pageDepth: number): number {
  const bit = pageDepth * PAGE_LEVELS;
  return ((path[bit >> 3] as number) >> (8 - PAGE_LEVELS - (bit & 7))) & (PAGE_SLOTS - 1);
}

/** Id of the page below a slot: the id grows by the slot in hex. */
export function childId(id: string, slot: number): string {
  return id + slot.toString(16).padStart(DIGITS, '0');
}

/** The subtree that the page stands for. */
export function pageRoot(slots: PageSlots): StateNode {
  let level: StateNode[] = slots;
  while (level.length > 1) {
    const next = new Array<StateNode>(level.length / 2);
    for (let i = 0; i < next.length; i++) next[i] = joinNodes(level[2 * i] ?? null, level[2 * i + 1] ?? null);
    level = next;
  }
  return level[0] ?? null;
}

/**
 * A bitmap of the branches, a bitmap of the leaves (slot 0 is the highest bit of the first byte), then in slot order 32
 * bytes of hash for a branch, or path and value hash, 64 bytes, for a leaf.
 */
export function encodePage(slots: PageSlots): Uint8Array<ArrayBuffer> {
  let length = 2 * BITMAP_BYTES;
  for (const node of slots) if (node !== null) length += node.kind === 'leaf' ? LEAF : HASH;
  const bytes = new Uint8Array(length);
  let offset = 2 * BITMAP_BYTES;
  for (let slot = 0; slot < PAGE_SLOTS; slot++) {
    const node = slots[slot] ?? null;
    if (node === null) continue;
    const isLeaf = node.kind === 'leaf';
    const at = (isLeaf ? BITMAP_BYTES : 0) + (slot >> 3);
    bytes[at] = (bytes[at] as number) | (0x80 >> (slot & 7));
    if (isLeaf) {
      bytes.set(node.path, offset);
      bytes.set(node.valueHash, offset + HASH);
    } else bytes.set(node.hash, offset);
    offset += isLeaf ? LEAF : HASH;
  }
  return bytes;
}

/** Reads what `encodePage` wrote for this id; anything else is corrupt storage and fails loudly. */
export function decodePage(id: string, bytes: Uint8Array): PageSlots {
  assert(bytes.length >= 2 * BITMAP_BYTES, `state page '${id}' is cut short`);
  const slots = emptySlots();
  let offset = 2 * BITMAP_BYTES;
  let leaves = 0;
  let branches = 0;
  for (let slot = 0; slot < PAGE_SLOTS; slot++) {
    const mask = 0x80 >> (slot & 7);
    const isBranch = ((bytes[slot >> 3] as number) & mask) !== 0;
    const isLeaf = ((bytes[BITMAP_BYTES + (slot >> 3)] as number) & mask) !== 0;
    assert(!(isBranch && isLeaf), `state page '${id}' has two nodes in slot ${slot}`);
    if (!isBranch && !isLeaf) continue;
    const end = offset + (isLeaf ? LEAF : HASH);
    assert(end <= bytes.length, `state page '${id}' is cut short`);
    // Copies, since a reader may hand out memory that it uses again.
    const hash = bytes.slice(offset, offset + HASH);
    slots[slot] = isLeaf ? leafNode(hash, bytes.slice(offset + HASH, end)) : { kind: 'branch', hash };
    if (isLeaf) assert(standsIn(hash, id, slot), `state page '${id}' has a foreign leaf in slot ${slot}`);
    leaves += isLeaf ? 1 : 0;
    branches += isBranch ? 1 : 0;
    offset = end;
  }
  assert(offset === bytes.length, `state page '${id}' has bytes left over`);
  const least = id === '' ? 1 : 2;
  assert(branches > 0 || leaves >= least, `state page '${id}' should not be stored`);
  return slots;
}

/** True if the path runs through the page and into the slot. */
function standsIn(path: Uint8Array, id: string, slot: number): boolean {
  const depth = id.length / DIGITS;
  for (let page = 0; page < depth; page++) {
    if (slotOf(path, page) !== Number.parseInt(id.slice(page * DIGITS, (page + 1) * DIGITS), 16))
      return false;
  }
  return slotOf(path, depth) === slot;
}
