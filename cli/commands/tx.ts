/** @module `atoll tx`: send a transfer, sign one for other tools, look a transaction up. */
import { type Command, Option } from 'commander';
import type { SentTransaction, SubmitOutcome, Transaction } from '../../sdk/index.ts';
import { submittedOf, transactionContentToWire } from '../../shared/api/convert.ts';
import type { Address, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { nodeTransactions } from '../../shared/protocol/transaction/registry.ts';
import { clientOf, keyOf, optionsOf, outputOf } from '../context.ts';
import { CliError } from '../errors.ts';
import { fields, type Output } from '../output.ts';
import { address, amount, count, hash } from '../values.ts';

/** How far a sending command follows its transaction. */
export interface WaitOptions {
  readonly wait: 'none' | 'final';
  readonly fee?: bigint;
}

interface TransferOptions {
  readonly to: Address;
  readonly amount: bigint;
  readonly fee?: bigint;
}

/** Adds `tx send`, `tx sign` and `tx get`. */
export function txCommands(program: Command): void {
  const tx = program.command('tx').description('transactions');
  addSend(tx);
  addSign(tx);
  tx.command('get')
    .description('show a transaction, pending or final')
    .argument('<hash>', 'hash of the transaction', hash)
    .action(async (txHash: HashHex, _: unknown, command: Command) => {
      const options = optionsOf(command);
      const transaction = await clientOf(options).transactions.get(txHash);
      outputOf(options).result(transaction, transactionLines(transaction));
    });
}

function addSend(tx: Command): void {
  const send = tx
    .command('send')
    .description('sign a transfer with the key in ATOLL_PRIVATE_KEY or --key-file, and send it')
    .requiredOption('--to <address>', 'recipient', address)
    .requiredOption('--amount <n>', 'native units', amount);
  withWaitOptions(send)
    .addHelpText(
      'after',
      '\nExample:\n  $ atoll tx send --to 0x3618e944af6a07caeb5d08fd998d4367d20089fd --amount 5 --wait final',
    )
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf<WaitOptions & TransferOptions>(command);
      const client = clientOf(options, await keyOf(options));
      const sent = await client.send(transferOf(options));
      await follow(sent, options, outputOf(options));
    });
}

function addSign(tx: Command): void {
  tx.command('sign')
    .description('sign a transfer without sending it, and print the body that POST /rpc/send_tx takes')
    .requiredOption('--to <address>', 'recipient', address)
    .requiredOption('--amount <n>', 'native units', amount)
    .option('--fee <n>', 'native units; default: the least that the chain takes', amount)
    .option('--nonce <n>', "nonce; default: the account's next one", count)
    .option('--valid-until <height>', 'last height for it; default: 1,000 blocks from now', count)
    .addHelpText(
      'after',
      '\nExample:\n  $ atoll tx sign --to 0x3618e944af6a07caeb5d08fd998d4367d20089fd --amount 5 |' +
        " curl -s --json @- 'http://127.0.0.1:9080/rpc/send_tx?wait=final'",
    )
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf<TransferOptions & { nonce?: number; validUntil?: number }>(command);
      const client = clientOf(options, await keyOf(options));
      const { nonce, validUntil } = options;
      const signed = await client.sign({
        ...transferOf(options),
        ...(nonce === undefined ? {} : { nonce }),
        ...(validUntil === undefined ? {} : { validUntil }),
      });
      const body = submittedOf(transactionContentToWire(signed, nodeTransactions));
      outputOf(options).result(body, [JSON.stringify(body)]);
    });
}

function transferOf({ to, amount: units, fee }: TransferOptions) {
  return { to, amount: units, ...(fee === undefined ? {} : { fee }) };
}

/** `--fee` and `--wait`, the same for every command that sends. */
export function withWaitOptions(command: Command): Command {
  return command
    .option('--fee <n>', 'native units; default: the least that the chain takes', amount)
    .addOption(
      new Option('--wait <until>', 'answer once it is in the mempool (none) or in a final block (final)')
        .choices(['none', 'final'])
        .default('none'),
    );
}

/** Prints what became of a transaction. @throws CliError when it is final and failed all the same. */
export async function follow(sent: SentTransaction, { wait }: WaitOptions, output: Output): Promise<void> {
  const outcome = wait === 'final' ? await sent.wait('final') : sent.outcome;
  output.result(outcome, outcomeLines(outcome));
  if (outcome.status !== 'final' || outcome.receipt_code === undefined || outcome.receipt_code === 0) return;
  throw new CliError(
    'runtime',
    `the transaction is in block ${outcome.height}, but failed: ${outcome.receipt_status}`,
    {
      hint: 'its fee and nonce are taken, nothing else changed',
    },
  );
}

function outcomeLines(outcome: SubmitOutcome): string[] {
  return fields([
    ['transaction', outcome.tx_hash],
    ['status', outcome.status],
    ['height', outcome.height],
    ['result', outcome.receipt_status],
  ]);
}

function transactionLines(transaction: Transaction): string[] {
  return fields([
    ['transaction', transaction.tx_hash],
    ['status', transaction.status],
    ['type', transaction.type],
    ['from', transaction.sender],
    ['to', transaction.recipient],
    ['amount', amountOf(transaction)],
    ['fee', transaction.fee],
    ['nonce', transaction.nonce],
    ['height', transaction.height],
    ['time', transaction.timestamp],
    ['result', transaction.receipt?.status],
  ]);
}

function amountOf({ payload }: Transaction): string | undefined {
  const units = (payload as { amount?: unknown } | undefined)?.amount;
  return typeof units === 'string' ? units : undefined;
}
