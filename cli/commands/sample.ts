/** @module `atoll sample`: real transfers and messages on a running devnet, each followed to finality on the socket. */
import { performance } from 'node:perf_hooks';
import type { Command } from 'commander';
import type { Client, SentTransaction } from '../../sdk/index.ts';
import { clientOf, optionsOf, outputOf } from '../context.ts';
import { devnetAccount } from '../devnet/accounts.ts';
import { CliError } from '../errors.ts';
import { paint } from '../output.ts';
import { count } from '../values.ts';

/** The last two accounts: scripts of users begin with the first. */
const [SENDER, RECIPIENT] = [devnetAccount(8), devnetAccount(9)];
const EVENT_TIMEOUT_MS = 15_000;

/** Adds `sample`. */
export function sampleCommand(program: Command): void {
  program
    .command('sample')
    .description('send transfers and messages between two accounts of a running devnet, and time them')
    .option('--transfers <n>', 'transfers', count, 5)
    .option('--messages <n>', 'messages', count, 3)
    .action(async (_: unknown, command: Command) => await sample(command));
}

interface Timed {
  readonly what: string;
  readonly tx_hash: string;
  readonly height: number;
  /** From the call to the node's answer. */
  readonly accepted_ms: number;
  /** From the call to the event on the socket. */
  readonly final_ms: number;
}

async function sample(command: Command): Promise<void> {
  const options = optionsOf<{ transfers: number; messages: number }>(command);
  const output = outputOf(options);
  const client = clientOf(options, SENDER);
  await checkDevnet(client);
  const end = new AbortController();
  const feed = await openFeed(client, end.signal);
  const timed: Timed[] = [];
  const run = async (what: string, send: () => Promise<SentTransaction>): Promise<void> => {
    const result = await timeOne(what, send, feed);
    timed.push(result);
    output.event({ event: 'final', ...result }, sampleLine(result));
  };
  try {
    for (let index = 1; index <= options.transfers; index += 1) {
      await run(`transfer of ${index}`, () => client.send({ to: RECIPIENT.address, amount: BigInt(index) }));
    }
    for (let index = 1; index <= options.messages; index += 1) {
      const body = `Sample message ${index}`;
      await run(`message ${index}`, () => client.messages.send({ to: RECIPIENT.address, body }));
    }
  } finally {
    end.abort();
  }
  const { balance } = await client.accounts.get(RECIPIENT.address);
  const median = timed.map(({ final_ms }) => final_ms).sort((a, b) => a - b)[Math.floor(timed.length / 2)];
  output.event(
    {
      event: 'done',
      transactions: timed.length,
      median_final_ms: median ?? null,
      recipient: RECIPIENT.address,
      balance,
    },
    `${timed.length} transactions final, median ${median ?? 0} ms. ${RECIPIENT.address} now has ${balance} units.`,
  );
}

async function checkDevnet(client: Client): Promise<void> {
  const { balance } = await client.accounts.get(SENDER.address);
  if (balance > 0n) return;
  throw new CliError(
    'runtime',
    `the chain is no devnet: the sample's account ${SENDER.address} owns nothing there`,
    {
      hint: 'start a devnet with "npm run devnet" and run this again, with --rpc-url if it listens elsewhere',
    },
  );
}

/** Resolves with the height of a transaction's block once the socket has shown it. */
type Feed = (txHash: string) => Promise<number>;

/** Opens the subscription before anything is sent, so that no event can be missed. */
async function openFeed(client: Client, signal: AbortSignal): Promise<Feed> {
  const seen = new Map<string, number>();
  const waiting = new Map<string, (height: number) => void>();
  let failed: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  failure.catch(() => undefined); // whoever waits for an event sees it
  await new Promise<void>((live, reject) => {
    const subscription = client.subscribe('new_transactions', {
      filter: { address: SENDER.address },
      signal,
      onState: (state) => state === 'live' && live(),
    });
    const read = async (): Promise<void> => {
      for await (const { height, data } of subscription) {
        seen.set(data.tx_hash, height);
        waiting.get(data.tx_hash)?.(height);
      }
    };
    read().catch((error: unknown) => {
      failed(error);
      reject(error);
    });
  });
  return async (txHash) => {
    const known = seen.get(txHash);
    if (known !== undefined) return known;
    const arrived = new Promise<number>((resolve) => waiting.set(txHash, resolve));
    return await Promise.race([arrived, failure, tooLate(txHash)]);
  };
}

async function tooLate(txHash: string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, EVENT_TIMEOUT_MS).unref());
  throw new CliError('network', `no event for ${txHash} within ${EVENT_TIMEOUT_MS / 1000} s`);
}

async function timeOne(what: string, send: () => Promise<SentTransaction>, feed: Feed): Promise<Timed> {
  const start = performance.now();
  const sent = await send();
  const accepted = performance.now();
  const height = await feed(sent.hash);
  const ms = (end: number): number => Math.round((end - start) * 10) / 10;
  return { what, tx_hash: sent.hash, height, accepted_ms: ms(accepted), final_ms: ms(performance.now()) };
}

function sampleLine({ what, tx_hash, height, accepted_ms, final_ms }: Timed): string {
  return `${paint('green', 'final')}  ${what.padEnd(14)} ${tx_hash}  block ${height}  accepted ${accepted_ms} ms  final ${final_ms} ms`;
}
