/**
 * @module One process with a machine that is wrong on purpose: replays walks until it and the model differ. Prints the
 * difference as JSON, or null where none shows. Arguments: files of walks, each named after its network.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Committee } from './committee.ts';
import type { TraceState } from './itf.ts';
import { Difference, replay } from './replay.ts';

/** The first difference, or null. Throws what is none: a machine that fails has not been compared. */
function differenceIn(path: string): string | null {
  const committee = new Committee(basename(path, '.json'));
  const walks = JSON.parse(readFileSync(path, 'utf8')) as TraceState[][];
  for (const [number, walk] of walks.entries()) {
    try {
      replay(committee, walk);
    } catch (error) {
      if (!(error instanceof Difference)) throw error;
      return `walk ${number}, ${error.message.split('\n')[0]}`;
    }
  }
  return null;
}

let found: string | null = null;
for (const path of process.argv.slice(2)) {
  found = differenceIn(path);
  if (found !== null) break;
}
console.log(JSON.stringify(found));
