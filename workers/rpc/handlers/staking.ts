/** @module Routes over stake and evidence: both are in the state of the chain's object. */
import { timeToWire } from '../../../shared/api/convert.ts';
import type { EvidenceListWire, StakingWire } from '../../../shared/api/schemas/consensus.ts';
import { PAGE_LIMIT_DEFAULT } from '../../../shared/api/schemas/scalars.ts';
import { type Answer, type ChainContext, chainAnswer, type RouteInput } from '../../context.ts';
import { chainStub } from '../../env.ts';
import { awaitHeight } from '../head.ts';
import { callResult } from '../objects.ts';

/** Reads again once the chain has the height that was asked for. */
async function readFresh<T extends { readonly head: { readonly height: number } }>(
  context: ChainContext,
  read: () => Promise<T>,
): Promise<T> {
  const found = await read();
  if (found.head.height >= context.minHeight) return found;
  await awaitHeight(context, found.head.height);
  return read();
}

/** GET /rpc/staking/{address}. */
export async function getStaking(context: ChainContext, { params }: RouteInput): Promise<Answer> {
  const address = String(params.address);
  const { view, head } = await readFresh(context, () =>
    callResult(() => chainStub(context.env, context.chain.chain_id).staking(address)),
  );
  const body: StakingWire = {
    address,
    delegations: view.delegations.map(({ stake, shares, rewards, ...validator }) => ({
      ...validator,
      stake: stake.toString(),
      shares: shares.toString(),
      rewards: rewards.toString(),
    })),
    unbonding: view.unbonding.map(({ amount, due_ms, ...entry }) => ({
      ...entry,
      amount: amount.toString(),
      due: timeToWire(due_ms),
    })),
    rewards: view.rewards.toString(),
    height: head.height,
  };
  return chainAnswer(body, head.height, 'chain');
}

/** GET /rpc/evidence. */
export async function getEvidence(context: ChainContext, { query }: RouteInput): Promise<Answer> {
  const limit = (query.limit as number | undefined) ?? PAGE_LIMIT_DEFAULT;
  const { evidence, head } = await readFresh(context, () =>
    callResult(() => chainStub(context.env, context.chain.chain_id).evidence({ limit })),
  );
  const body: EvidenceListWire = {
    evidence: evidence.map(({ validator, time_ms, burned, ...item }) => ({
      ...validator,
      ...item,
      timestamp: timeToWire(time_ms),
      burned: burned.toString(),
    })),
    height: head.height,
  };
  return chainAnswer(body, head.height, 'chain');
}
