/** @module Routes over stake and evidence: what the state of the chain's object says, and evidence for its pool. */
import { timeToWire } from '../../../shared/api/convert.ts';
import type {
  EvidenceListWire,
  EvidenceTakenWire,
  StakingWire,
} from '../../../shared/api/schemas/consensus.ts';
import { PAGE_LIMIT_DEFAULT } from '../../../shared/api/schemas/scalars.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import { checkEvidenceTruth, readEvidence } from '../../../shared/protocol/execution/check-evidence.ts';
import { fromHex } from '../../../shared/protocol/primitives/bytes.ts';
import { type Answer, type ChainContext, chainAnswer, type RouteInput } from '../../context.ts';
import { chainStub } from '../../env.ts';
import { chainFacts } from '../chain-facts.ts';
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
  const { evidence, pending, head } = await readFresh(context, () =>
    callResult(() => chainStub(context.env, context.chain.chain_id).evidence({ limit })),
  );
  const body: EvidenceListWire = {
    evidence: evidence.map(({ validator, time_ms, burned, ...item }) => ({
      ...validator,
      ...item,
      timestamp: timeToWire(time_ms),
      burned: burned.toString(),
    })),
    pending,
    height: head.height,
  };
  return chainAnswer(body, head.height, 'chain');
}

/** POST /rpc/evidence. What is none costs the chain nothing: form and signatures are checked here already. */
export async function submitEvidence(context: ChainContext, { body }: RouteInput): Promise<Answer> {
  const bytes = fromHex((body as { evidence: string }).evidence);
  const evidence = readEvidence(bytes);
  const { genesisHash } = await chainFacts(context.env, context.chain);
  checkEvidenceTruth(evidence, genesisHash, nativeVerifier);
  const { head } = await callResult(() =>
    chainStub(context.env, context.chain.chain_id).submitEvidence({ bytes }),
  );
  const taken: EvidenceTakenWire = {
    consensus_key: evidence.validator,
    step: evidence.step,
    infraction_height: evidence.height,
    round: evidence.round,
    status: 'pending',
  };
  return { status: 202, body: taken, servedBy: 'chain', height: head.height };
}
