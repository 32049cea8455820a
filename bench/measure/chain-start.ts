/** @module A chain started by API to its first final block: POST /chains, then one transfer that waits to be final. */
import { transferBody } from '../load/atoll-transfer.ts';
import type { Atoll } from '../peers/atoll.ts';

const BLOCK_TIME_MS = 1_000;

/** Milliseconds for each of `count` new chains. */
export async function chainStarts(atoll: Atoll, count: number): Promise<number[]> {
  const [from, to] = atoll.accounts;
  if (from === undefined || to === undefined) throw new Error('two accounts are needed');
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const { id, genesisHash } = await atoll.addChain(`started-${i}`, BLOCK_TIME_MS);
    const response = await fetch(`${atoll.url}/chains/${id}/rpc/send_tx?wait=final`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: transferBody(genesisHash, from, to.address, 0),
    });
    const text = await response.text();
    if (response.status !== 200)
      throw new Error(`no first block: HTTP ${response.status} ${text.slice(0, 300)}`);
    times.push(performance.now() - started);
  }
  return times;
}
