/** @module Routes over accounts: state lives in the chain's object alone. */
import type { AccountView } from '../../../shared/api/objects.ts';
import { type Answer, type ChainContext, chainAnswer, type RouteInput } from '../../context.ts';
import { chainStub } from '../../env.ts';
import { awaitHeight } from '../head.ts';
import { callResult } from '../objects.ts';

/** GET /rpc/get_balance/{address}. */
export async function getBalance(context: ChainContext, input: RouteInput): Promise<Answer> {
  const { address, balance, nonce, height } = await accountOf(context, input);
  return chainAnswer({ address, balance: balance.toString(), nonce, height }, height, 'chain');
}

/** GET /rpc/accounts/{address}. */
export async function getAccount(context: ChainContext, input: RouteInput): Promise<Answer> {
  const { balance, ...account } = await accountOf(context, input);
  const body = { ...account, balance: balance.toString(), chain_id: context.chain.chain_id };
  return chainAnswer(body, account.height, 'chain');
}

async function accountOf(context: ChainContext, { params }: RouteInput): Promise<AccountView> {
  const read = () =>
    callResult(() => chainStub(context.env, context.chain.chain_id).account(String(params.address)));
  const account = await read();
  if (account.height >= context.minHeight) return account;
  await awaitHeight(context, account.height);
  return read();
}
