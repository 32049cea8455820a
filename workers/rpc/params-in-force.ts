/**
 * @module The parameters of a chain as votes have left them, for checks at the edge. An isolate believes what it has read
 * for some seconds; before it refuses by that, it looks whether something newer is known.
 */
import type { ChainSnapshot } from '../../shared/api/objects.ts';
import { paramsFromJson } from '../../shared/protocol/genesis/document.ts';
import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';
import type { ChainContext } from '../context.ts';
import { chainFacts } from './chain-facts.ts';
import { headSnapshot } from './head.ts';
import { ExpiringMap } from './lru.ts';
import { seenHeight } from './seen-heights.ts';

/** Chains whose parameters an isolate keeps. */
const KEPT_MAX = 100;
/** How long they are believed: the chain itself refuses what is admitted by older ones. */
const KEPT_MS = 10_000;
/** Nothing is refused by parameters that were read longer ago than this. */
const REFUSE_WITHIN_MS = 1_000;

/** Parameters for the block above `height`. */
interface InForce {
  readonly params: ChainParams;
  readonly height: number;
  readonly readMs: number;
}

const kept = new ExpiringMap<InForce>(KEPT_MAX, KEPT_MS);

/** The parameters that a snapshot says, by default those of the genesis. */
export async function paramsOf(
  context: ChainContext,
  snapshot: Pick<ChainSnapshot, 'params'>,
): Promise<ChainParams> {
  if (snapshot.params !== undefined) return paramsFromJson(snapshot.params);
  return (await chainFacts(context.env, context.chain)).genesis.params;
}

/** The parameters in force, at most some seconds old. */
export async function recentParams(context: ChainContext): Promise<ChainParams> {
  return (kept.get(context.chain.genesis_hash, Date.now()) ?? (await read(context))).params;
}

/** The parameters by which something may be refused; null where {@link recentParams} gave these already. */
export async function newerParams(context: ChainContext): Promise<ChainParams | null> {
  const now = Date.now();
  const known = kept.get(context.chain.genesis_hash, now);
  const height = Math.max(context.minHeight, seenHeight(context.chain));
  const isNew = known !== undefined && known.readMs + REFUSE_WITHIN_MS > now && known.height >= height;
  return isNew ? null : (await read(context)).params;
}

async function read(context: ChainContext): Promise<InForce> {
  const { snapshot } = await headSnapshot(context);
  const params = await paramsOf(context, snapshot);
  const fresh = { params, height: snapshot.head.height, readMs: Date.now() };
  kept.set(context.chain.genesis_hash, fresh, fresh.readMs);
  return fresh;
}
