/** @module Routes of the operator over the validator key of this node: its mark, and holding it. */
import type { SigningView } from '../../../shared/api/consensus-views.ts';
import { timeToWire } from '../../../shared/api/convert.ts';
import type { SigningWire } from '../../../shared/api/schemas/consensus.ts';
import type { Answer, ChainContext, RouteInput } from '../../context.ts';
import { chainStub, nodeStub } from '../../env.ts';
import { callResult } from '../objects.ts';

/** How the validator key stands, for routes that show it. */
export function signingToWire({ since_ms, ...view }: SigningView): SigningWire {
  return { ...view, since: since_ms === null ? null : timeToWire(since_ms) };
}

/** POST /validator/mark. */
export async function setSigningMark(context: ChainContext, { body }: RouteInput): Promise<Answer> {
  const mark = body as { height: number; round?: number };
  const { chain_id } = context.chain;
  const view = await callResult(() => chainStub(context.env, chain_id).setSigningMark(mark));
  context.waitUntil(
    nodeStub(context.env).audit({
      action: 'signing.mark',
      actor: 'admin',
      resource: chain_id,
      success: true,
      detail: `height ${mark.height}, ${mark.round === undefined ? 'all rounds' : `round ${mark.round}`}`,
    }),
  );
  return { status: 200, body: signingToWire(view), servedBy: 'chain' };
}

/** POST /validator/guard. */
export async function guardSigning(context: ChainContext): Promise<Answer> {
  const request = { chain_id: context.chain.chain_id, actor: 'admin' };
  const view = await callResult(() => nodeStub(context.env).guardSigning(request));
  return { status: 200, body: signingToWire(view), servedBy: 'chain' };
}
