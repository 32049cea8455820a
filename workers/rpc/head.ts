/** @module The head of a chain, from the node's registry where that is fresh enough, else from the chain itself. */
import type { ChainSnapshot } from '../../shared/api/objects.ts';
import { ApiError } from '../../shared/api/problems.ts';
import type { ChainContext, ServedBy } from '../context.ts';
import { chainStub, nodeStub } from '../env.ts';
import { MIN_HEIGHT_WAIT_MS } from './ledger.ts';
import { callObject, callResult } from './objects.ts';

/** First pause before the chain is asked again for a height; it doubles. */
const PAUSE_MS = 20;

/** The snapshot of a chain. Wakes the chain only when X-Min-Height is above what the node knows. */
export async function headSnapshot(
  context: ChainContext,
): Promise<{ snapshot: ChainSnapshot; servedBy: ServedBy }> {
  const { chain_id } = context.chain;
  const known = await callObject(() => nodeStub(context.env).chainSnapshot(chain_id));
  if (known === null) throw new ApiError('CHAIN_UNKNOWN', `no chain ${chain_id}`);
  if (known.head.height >= context.minHeight) return { snapshot: known, servedBy: 'node' };
  await awaitHeight(context, known.head.height);
  return { snapshot: await chainSnapshot(context), servedBy: 'chain' };
}

/**
 * Waits until the chain has the height of X-Min-Height; returns a height that it surely has. `known` is one that was
 * just seen. Throws MIN_HEIGHT after a bounded wait.
 */
export async function awaitHeight(context: ChainContext, known: number): Promise<number> {
  let height = known;
  let waited = 0;
  for (let pause = PAUSE_MS; height < context.minHeight; pause *= 2) {
    if (waited >= MIN_HEIGHT_WAIT_MS) {
      throw new ApiError('MIN_HEIGHT', `the head is ${height}, asked for ${context.minHeight}`, {
        extra: { height, min_height: context.minHeight },
        headers: { 'retry-after': '1' },
      });
    }
    if (waited > 0 || pause > PAUSE_MS) await new Promise((resolve) => setTimeout(resolve, pause));
    waited += pause;
    height = (await chainSnapshot(context)).head.height;
  }
  return height;
}

function chainSnapshot(context: ChainContext): Promise<ChainSnapshot> {
  return callResult(() => chainStub(context.env, context.chain.chain_id).snapshot());
}
