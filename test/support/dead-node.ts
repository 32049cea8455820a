/** @module What a node that was killed has on its disk, read from a copy of the file of its chain's object. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { objectFiles } from './node-digest.ts';

/** The rows that the next life will find. */
export interface DeadNode {
  /** Height of the last durable block. */
  readonly height: number;
  /** Height up to which the object knows that the ledger has the blocks. */
  readonly drained: number;
  /** Hashes of the transactions in the mempool. */
  readonly pending: readonly string[];
}

/** Reads the only chain of a devnet's node; null when it has none yet. No process of the node may be running. */
export async function readDeadNode(nodeDirectory: string): Promise<DeadNode | null> {
  const [file] = objectFiles(join(nodeDirectory, 'objects'), 'ChainObject');
  if (file === undefined) return null;
  const scratch = await mkdtemp(join(tmpdir(), 'atoll-dead-'));
  try {
    // A copy: opening the file itself would recover it in the node's place.
    const copy = join(scratch, 'chain.sqlite');
    for (const suffix of ['', '-wal'])
      if (existsSync(file + suffix)) await copyFile(file + suffix, copy + suffix);
    return readChain(copy);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function readChain(file: string): DeadNode {
  const database = new DatabaseSync(file);
  try {
    const { height } = database.prepare('select height from head').get() as { height: number };
    const cursor = database
      .prepare("select next_height - 1 as height from outbox_targets where name = 'ledger'")
      .get() as { height: number } | undefined;
    const rows = database.prepare('select bytes from mempool').all() as { bytes: Uint8Array }[];
    const pending = rows.map(({ bytes }) => `0x${createHash('sha256').update(bytes).digest('hex')}`);
    return { height, drained: cursor?.height ?? 0, pending };
  } finally {
    database.close();
  }
}
