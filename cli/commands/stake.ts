/** @module `atoll stake`, `unstake`, `withdraw`: native units at a validator. */
import type { Command } from 'commander';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { clientOf, keyOf, optionsOf, outputOf } from '../context.ts';
import { amount, consensusKey } from '../values.ts';
import { follow, type WaitOptions, withWaitOptions } from './tx.ts';

interface StakeOptions extends WaitOptions {
  readonly validator: ConsensusKey;
  readonly amount: bigint;
}

/** Adds `stake`, `unstake` and `withdraw`. */
export function stakeCommands(program: Command): void {
  const stake = program
    .command('stake')
    .description('bond native units to a validator, your own or another; see "atoll validators" for keys');
  const unstake = program
    .command('unstake')
    .description('take units back; they are paid after unbonding_ms of block time');
  const withdraw = program.command('withdraw').description('have earned rewards of a validator paid out');
  for (const command of [stake, unstake, withdraw])
    command.requiredOption('--validator <key>', 'consensus key of the validator', consensusKey);
  for (const command of [stake, unstake]) command.requiredOption('--amount <n>', 'native units', amount);
  withWaitOptions(stake).action(async (_: unknown, command: Command) => await send(command, 'stake'));
  withWaitOptions(unstake).action(async (_: unknown, command: Command) => await send(command, 'unstake'));
  withWaitOptions(withdraw).action(async (_: unknown, command: Command) => await send(command, 'withdraw'));
}

async function send(command: Command, type: 'stake' | 'unstake' | 'withdraw'): Promise<void> {
  const options = optionsOf<StakeOptions>(command);
  const { validator, amount: units, fee } = options;
  const payload = { consensusKey: validator, ...(type === 'withdraw' ? {} : { amount: units }) };
  const client = clientOf(options, await keyOf(options));
  const sent = await client.send({ type, payload, ...(fee === undefined ? {} : { fee }) });
  await follow(sent, options, outputOf(options));
}
