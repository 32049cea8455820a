/** @module The state before the first block: accounts, validators and the supply. */
import type { StateWrite } from '../primitives/state-reader.ts';
import { writeAccount } from '../state/account.ts';
import { writeAuthorities, writeClaims } from '../state/claims.ts';
import { recordTime } from '../state/clock.ts';
import { Overlay } from '../state/overlay.ts';
import { recordSet } from '../state/set-history.ts';
import { encodeSupply, SUPPLY_BURNED, SUPPLY_GENESIS, SUPPLY_NAMESPACE } from '../state/supply.ts';
import { addValidator } from '../state/validator-record.ts';
import { VALIDATORS_CURRENT, VALIDATORS_NAMESPACE } from '../state/validators.ts';
import { encodeValidatorSet } from '../validators/encode.ts';
import { compareKeys } from '../validators/validator-set.ts';
import { validatorsFromAuthorities } from '../validators/voting-power.ts';
import type { Genesis } from './genesis.ts';

/** Every leaf of the state at height 0. The genesis must have passed its check. */
export function genesisState(genesis: Genesis): StateWrite[] {
  const { params, timeMs, allocations } = genesis;
  const supply = allocations.reduce((sum, { amount }) => sum + amount, 0n);
  const store = new Overlay({ get: () => null });
  for (const { address, amount } of allocations) {
    writeAccount(store, address, { nonce: 0, balance: amount });
  }
  store.set(SUPPLY_NAMESPACE, SUPPLY_BURNED, encodeSupply(0n));
  store.set(SUPPLY_NAMESPACE, SUPPLY_GENESIS, encodeSupply(supply));
  const authorities = [...genesis.authorities].sort((a, b) => compareKeys(a.consensusKey, b.consensusKey));
  for (const { consensusKey, operator, name } of authorities) {
    addValidator(store, consensusKey, { operator, name, endpoint: '', commissionBps: 0 });
  }
  const keys = authorities.map(({ consensusKey }) => consensusKey);
  writeAuthorities(store, keys);
  writeClaims(
    store,
    keys.map((consensusKey) => ({ consensusKey, stake: 0n, isAuthority: true, isActive: true })),
  );
  const validators = validatorsFromAuthorities(genesis.authorities, params);
  store.set(VALIDATORS_NAMESPACE, VALIDATORS_CURRENT, encodeValidatorSet(validators));
  recordSet(store, 1, timeMs, validators);
  recordTime(store, params, 0, timeMs);
  return store.writes();
}
