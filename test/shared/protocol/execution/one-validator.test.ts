import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import { decodeBody } from '../../../../shared/protocol/block/encode.ts';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import { verifyBlock } from '../../../../shared/protocol/execution/verify-block.ts';
import { checkGenesis } from '../../../../shared/protocol/genesis/check.ts';
import { treeRoot } from '../../../../shared/protocol/merkle/state-tree.ts';
import { toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { readValidators } from '../../../../shared/protocol/state/validators.ts';
import { verifyCertificate } from '../../../../shared/protocol/votes/certificate.ts';
import { decodeCertificate, encodeCertificate } from '../../../../shared/protocol/votes/encode.ts';
import {
  aGenesis,
  aMessage,
  aSigner,
  aTransfer,
  genesisParent,
  genesisStore,
  InMemoryChain,
} from '../../../support/in-memory-chain.ts';

const BLOCKS = 100;

/** Replays bytes alone on a second state, as a node that syncs does. */
function replay(chain: InMemoryChain): void {
  const { genesis, context } = chain;
  const state = genesisStore(genesis);
  let parent = genesisParent(genesis);
  for (const { executed, certificate } of chain.blocks) {
    const block = decodeBody(executed.body, context.registry);
    const request = { state, pages: state, parent, block, body: executed.body, verifier: nativeVerifier };
    const verified = verifyBlock(context, request);
    const decoded = decodeCertificate(encodeCertificate(certificate));
    verifyCertificate({
      genesisHash: context.genesisHash,
      validators: readValidators(state),
      certificate: decoded,
      height: block.header.height,
      blockHash: verified.hash,
      verifier: nativeVerifier,
    });
    expect(verified.receiptBytes).toEqual(executed.receiptBytes);
    expect(verified.stateWrites).toEqual(executed.stateWrites);
    expect(verified.pageWrites).toEqual(executed.pageWrites);
    state.commit(verified);
    expect(toHex(treeRoot(state))).toBe(block.header.stateRoot);
    parent = {
      height: block.header.height,
      hash: verified.hash,
      timeMs: block.header.timeMs,
      commit: decoded,
    };
  }
}

describe.each([1, 4])('a chain of %i validators', (validators) => {
  it('makes 100 blocks that a second node verifies from their bytes', () => {
    const chain = new InMemoryChain(aGenesis({ validators, accounts: 3 }));
    checkGenesis(chain.genesis, nativeVerifier);
    const signers = [0, 1, 2].map((index) => aSigner(`account ${index}`));
    const addresses = signers.map((signer) => addressOf(signer.publicKey));
    for (let height = 1; height <= BLOCKS; height++) {
      const [from, to] = [signers[height % 3], addresses[(height + 1) % 3]];
      if (from === undefined || to === undefined) throw new Error('three accounts');
      const nonce = chain.account(addressOf(from.publicKey)).nonce;
      chain.produce([
        aTransfer(chain, from, to, BigInt(height), { nonce, fee: 7n }),
        aMessage(chain, from, to, `block ${height}`, { nonce: nonce + 1 }),
      ]);
    }
    expect(chain.parent.height).toBe(BLOCKS);
    expect(chain.blocks.every(({ executed }) => executed.block.transactions.length === 2)).toBe(true);
    replay(chain);
  });
});
