/** @module The databases of a node's objects as files, for tests in which storage is lost or comes back from a copy. */
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestNode } from './node.ts';

/** A table that only objects of this kind have. */
const TABLE_OF = { chain: 'sign_log', node: 'signing_orders' } as const;
export type StoredKind = keyof typeof TABLE_OF;

/** Does something to the storage of a node while nothing is open, and starts the node again. */
export async function whileHalted(node: TestNode, work: () => Promise<void>): Promise<void> {
  await node.halt();
  await work();
  await node.restart();
}

/** Files of the objects of a kind below a folder; the node must be stopped. */
export async function storedObjects(persistDir: string, kind: StoredKind): Promise<string[]> {
  const files = (await readdir(persistDir, { recursive: true }))
    .filter((name) => name.endsWith('.sqlite'))
    .map((name) => join(persistDir, name));
  return files.filter((file) => {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const found = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
      return found.get(TABLE_OF[kind]) !== undefined;
    } finally {
      database.close();
    }
  });
}

/** Removes the objects of a kind, with what the database has beside its file. */
export async function loseObjects(persistDir: string, kind: StoredKind): Promise<void> {
  const files = await storedObjects(persistDir, kind);
  if (files.length === 0) throw new Error(`no object of the kind ${kind} is stored`);
  for (const file of files) for (const end of ['', '-wal', '-shm']) await rm(file + end, { force: true });
}

/** A copy of the objects of some kinds. */
export class StoredCopy {
  readonly #files: { readonly from: string; readonly to: string }[] = [];

  /** Copies into `directory`; the node must be stopped. */
  static async take(
    persistDir: string,
    directory: string,
    kinds: readonly StoredKind[],
  ): Promise<StoredCopy> {
    const copy = new StoredCopy();
    for (const kind of kinds) {
      for (const from of await storedObjects(persistDir, kind)) {
        const to = join(directory, `${kind}-${copy.#files.length}.sqlite`);
        for (const end of ['', '-wal']) await copyWhereThere(from + end, to + end);
        copy.#files.push({ from, to });
      }
    }
    return copy;
  }

  /** Puts everything back as it was. */
  async restore(): Promise<void> {
    for (const { from, to } of this.#files) {
      for (const end of ['', '-wal', '-shm']) await rm(from + end, { force: true });
      for (const end of ['', '-wal']) await copyWhereThere(to + end, from + end);
    }
  }
}

async function copyWhereThere(from: string, to: string): Promise<void> {
  await cp(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
