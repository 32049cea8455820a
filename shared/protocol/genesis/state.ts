/** @module The state before the first block: accounts, validators and the supply. */
import { addressToBytes } from '../primitives/address.ts';
import { compareBytes } from '../primitives/bytes.ts';
import type { StateWrite } from '../primitives/state-reader.ts';
import { ACCOUNT_NAMESPACE, encodeAccount } from '../state/account.ts';
import { encodeSupply, SUPPLY_BURNED, SUPPLY_GENESIS, SUPPLY_NAMESPACE } from '../state/supply.ts';
import { VALIDATORS_CURRENT, VALIDATORS_NAMESPACE } from '../state/validators.ts';
import { encodeValidatorSet } from '../validators/encode.ts';
import { validatorsFromAuthorities } from '../validators/voting-power.ts';
import type { Genesis } from './genesis.ts';

/** Every leaf of the state at height 0, ascending by namespace and key. The genesis must have passed its check. */
export function genesisState(genesis: Genesis): StateWrite[] {
  const supply = genesis.allocations.reduce((sum, { amount }) => sum + amount, 0n);
  const validators = validatorsFromAuthorities(genesis.authorities, genesis.params);
  const accounts = genesis.allocations.map(({ address, amount }) => ({
    namespace: ACCOUNT_NAMESPACE,
    key: addressToBytes(address),
    value: encodeAccount({ nonce: 0, balance: amount }),
  }));
  return [
    ...accounts.sort((a, b) => compareBytes(a.key, b.key)),
    { namespace: SUPPLY_NAMESPACE, key: SUPPLY_BURNED, value: encodeSupply(0n) },
    { namespace: SUPPLY_NAMESPACE, key: SUPPLY_GENESIS, value: encodeSupply(supply) },
    { namespace: VALIDATORS_NAMESPACE, key: VALIDATORS_CURRENT, value: encodeValidatorSet(validators) },
  ];
}
