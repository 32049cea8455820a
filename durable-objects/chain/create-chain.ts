/** @module Height 0: checks a genesis and writes its state. The first write that an object ever makes. */
import type { ChainHead, Result } from '../../shared/api/objects.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { nativeVerifier } from '../../shared/native/verifier.ts';
import { checkGenesis } from '../../shared/protocol/genesis/check.ts';
import { decodeGenesis, hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import { genesisState } from '../../shared/protocol/genesis/state.ts';
import { updateTree } from '../../shared/protocol/merkle/state-tree.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { ProtocolError } from '../../shared/protocol/primitives/errors.ts';
import { hashFromBytes } from '../../shared/protocol/primitives/hash.ts';
import { fail, ok } from '../runtime/rpc-result.ts';
import { newCounters } from './chain-counters.ts';
import type { ChainStore } from './store.ts';
import { validatorKeys } from './validator-key.ts';

/**
 * Idempotent for the same genesis. Whoever does not validate follows. Refuses with GENESIS_INVALID, CHAIN_EXISTS (another
 * genesis holds the id) or CHAIN_NOT_RUNNABLE (a chain of two parties, and this node is neither).
 */
export function createChain(
  storage: DurableObjectStorage,
  store: ChainStore,
  settings: Settings,
  request: { chain_id: string; genesis: Uint8Array; default_chain: boolean },
  nowMs: number,
): Result<null> {
  try {
    const genesis = decodeGenesis(request.genesis);
    checkGenesis(genesis, nativeVerifier);
    const genesisHash = hashGenesis(genesis);
    if (genesis.chainId !== request.chain_id)
      return fail('GENESIS_INVALID', 'the genesis is of another chain id');
    if (store.exists()) {
      return store.identity().genesisHash === genesisHash
        ? ok(null)
        : fail('CHAIN_EXISTS', `chain ${request.chain_id} exists with another genesis`);
    }
    const own = validatorKeys(settings.validatorKey)?.consensusKey;
    const isAuthority = genesis.authorities.some(({ consensusKey }) => consensusKey === own);
    if (genesis.chainType === 'bilateral' && !isAuthority) {
      return fail(
        'CHAIN_NOT_RUNNABLE',
        'only its two parties run a bilateral chain, and this node is neither',
      );
    }
    const [first] = genesis.authorities;
    assert(first !== undefined, 'a checked genesis has an authority');
    const state = genesisState(genesis);
    const tree = updateTree({ getPage: () => null }, state);
    const head: ChainHead = {
      height: 0,
      hash: genesisHash,
      time_ms: genesis.timeMs,
      state_root: hashFromBytes(tree.root),
      tx_count: 0,
      proposer: first.consensusKey,
    };
    const identity = {
      chainId: genesis.chainId,
      genesis: request.genesis,
      genesisHash,
      isDefault: request.default_chain,
    };
    storage.transactionSync(() => store.create(identity, head, newCounters(), state, tree.pages, nowMs));
    return ok(null);
  } catch (error) {
    if (error instanceof ProtocolError) return fail('GENESIS_INVALID', `${error.code}: ${error.message}`);
    throw error;
  }
}
