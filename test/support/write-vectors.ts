/** @module Writes the frozen vectors of transactions, genesis, blocks, votes, receipts and validator sets. Run by hand when bytes are meant to change. */
import { writeFileSync } from 'node:fs';
import { blockVectors, receiptVectors, validatorVectors, voteVectors } from './block-vectors.ts';
import { genesisVectors } from './genesis-vectors.ts';
import { transactionVectors } from './transaction-vectors.ts';

for (const [name, vectors] of [
  ['transactions', transactionVectors()],
  ['genesis', genesisVectors()],
  ['blocks', blockVectors()],
  ['votes', voteVectors()],
  ['receipts', receiptVectors()],
  ['validators', validatorVectors()],
] as const) {
  writeFileSync(`${import.meta.dirname}/../vectors/${name}.json`, `${JSON.stringify(vectors, null, 2)}\n`);
}
