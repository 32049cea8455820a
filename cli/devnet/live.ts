/** @module The devnet's own view of its chain: one line per block, through the same subscription that anyone has. */
import { type BlockEvent, createClient } from '../../sdk/index.ts';
import { paint } from '../output.ts';
import type { Devnet } from './devnet.ts';

/** Prints each block as it becomes final on node 1, until the signal aborts. */
export async function showBlocks(devnet: Devnet, signal: AbortSignal): Promise<void> {
  const client = createClient({ url: devnet.nodes[0]?.url ?? '', chainId: devnet.chainId });
  for await (const { data } of client.subscribe('new_blocks', {
    fromHeight: devnet.startHeight + 1,
    signal,
  })) {
    process.stdout.write(`${blockLine(data)}\n`);
  }
}

/** A block in one line: height, hash, transactions, time. */
export function blockLine(block: Pick<BlockEvent, 'height' | 'hash' | 'tx_count' | 'timestamp'>): string {
  const transactions = `${block.tx_count} ${block.tx_count === 1 ? 'transaction' : 'transactions'}`;
  return `${paint('bold', `#${block.height}`)}  ${block.hash}  ${transactions}  ${paint('dim', block.timestamp)}`;
}
