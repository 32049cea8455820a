/** @module The validator sets that a batch of blocks brings to the ledger: that of genesis, and each change. */
import type { LedgerBlock, ValidatorSetAt } from '../../shared/ledger/ledger-block.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { validatorsAt } from '../../shared/protocol/state/set-history.ts';
import { validatorOf } from '../../shared/protocol/state/validator-record.ts';
import { validatorsHash } from '../../shared/protocol/validators/hash.ts';
import { validatorsFromAuthorities } from '../../shared/protocol/validators/voting-power.ts';

/**
 * The set of height 1 with the first block, and after each block that changes the set the next one, with the names of its
 * members now. The state forgets old sets in time: a rebuild leaves those out.
 */
export function validatorSetsOf(
  state: StateReader,
  genesis: () => Genesis,
  blocks: readonly Pick<LedgerBlock, 'header'>[],
): ValidatorSetAt[] {
  const first = blocks[0]?.header.height === 1 ? [genesisSet(genesis())] : [];
  const changes = blocks.flatMap(({ header }) => {
    const { height, validatorsHash: before, nextValidatorsHash: after } = header;
    const set = before === after ? null : setAt(state, height + 1);
    return set?.validatorsHash === after ? [set] : [];
  });
  return [...first, ...changes];
}

function genesisSet({ authorities, params }: Genesis): ValidatorSetAt {
  const validators = validatorsFromAuthorities(authorities, params);
  return { height: 1, validatorsHash: validatorsHash(validators), validators };
}

function setAt(state: StateReader, height: number): ValidatorSetAt | null {
  const members = validatorsAt(state, height);
  if (members === null) return null;
  const validators = members.map(({ consensusKey, power }) => {
    const { operator, name } = validatorOf(state, consensusKey);
    return { consensusKey, operator, name, power, priority: 0 };
  });
  return { height, validatorsHash: validatorsHash(members), validators };
}
