/** @module A genesis of two parties, none of which runs the node of a test. */
import { devnetAccounts } from '../../cli/devnet/accounts.ts';
import { makeGenesis } from '../../cli/genesis.ts';
import { newKey } from '../../cli/keys.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';

/** Each of the two operates a validator with a key of its own. */
export function bilateralGenesis(chainId: string): Genesis {
  const [first, second] = devnetAccounts();
  if (first === undefined || second === undefined) throw new Error('two accounts are needed');
  const genesis = makeGenesis({
    chainId,
    validator: newKey().signer,
    validatorName: 'one',
    operator: first.address,
    others: [{ validator: newKey().signer, validatorName: 'other', operator: second.address }],
    allocations: [first, second].map(({ address }) => ({ address, amount: 1_000_000n })),
    timeMs: Date.now(),
    salt: new Uint8Array(16),
  });
  return { ...genesis, chainType: 'bilateral', parties: [first.address, second.address].sort() };
}
