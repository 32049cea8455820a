/** @module `atoll balance`, `block`, `head`: what the chain says. */
import { type Command, InvalidArgumentError } from 'commander';
import { BLOCK_ID_PATTERN } from '../../shared/api/routes.ts';
import type { Address } from '../../shared/protocol/primitives/brand.ts';
import { clientOf, optionsOf, outputOf } from '../context.ts';
import { fields } from '../output.ts';
import { address } from '../values.ts';

/** Adds `balance`, `block` and `head`. */
export function queryCommands(program: Command): void {
  program
    .command('balance')
    .description('show what an account owns, and its next nonce')
    .argument('<address>', 'account', address)
    .action(balance);
  program
    .command('block')
    .description('show a block')
    .argument('<id>', 'height, hash, or latest', blockId)
    .action(block);
  program.command('head').description('show the newest final block in short').action(head);
}

async function balance(account: Address, _: unknown, command: Command): Promise<void> {
  const options = optionsOf(command);
  const { pendingNonce, ...found } = await clientOf(options).accounts.get(account);
  outputOf(options).result(
    { ...found, pending_nonce: pendingNonce },
    fields([
      ['account', found.address],
      ['balance', found.balance],
      ['nonce', found.nonce],
      ['next nonce', pendingNonce],
      ['height', found.height],
    ]),
  );
}

async function block(id: string, _: unknown, command: Command): Promise<void> {
  const options = optionsOf(command);
  const found = await clientOf(options).blocks.get(id);
  outputOf(options).result(found, [
    ...fields([
      ['height', found.height],
      ['hash', found.hash],
      ['parent', found.parent_hash],
      ['time', found.timestamp],
      ['proposer', found.proposer],
      ['round', found.round],
      ['state root', found.state_root],
      ['transactions', found.tx_count],
    ]),
    ...(found.transactions ?? []).map(({ tx_hash, type, sender }) => `  ${tx_hash}  ${type}  from ${sender}`),
  ]);
}

async function head(_: unknown, command: Command): Promise<void> {
  const options = optionsOf(command);
  const found = await clientOf(options).head();
  outputOf(options).result(
    found,
    fields([
      ['chain', found.chain_id],
      ['height', found.height],
      ['hash', found.hash],
      ['time', found.timestamp],
      ['genesis', found.genesis_hash],
    ]),
  );
}

function blockId(text: string): string {
  if (!BLOCK_ID_PATTERN.test(text))
    throw new InvalidArgumentError('Give a height, a hash, latest or earliest.');
  return text;
}
