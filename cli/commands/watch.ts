/** @module `atoll watch`: events of the chain as they happen, through reconnects, without a gap or a repeat. */
import { Argument, type Command } from 'commander';
import type { SubscriptionEvent, SubscriptionState } from '../../sdk/index.ts';
import { TOPICS, type Topic } from '../../shared/api/frames.ts';
import type { Address } from '../../shared/protocol/primitives/brand.ts';
import { clientOf, optionsOf, outputOf } from '../context.ts';
import { blockLine } from '../devnet/live.ts';
import { EXIT_CODES } from '../errors.ts';
import { paint } from '../output.ts';
import { stopSignal } from '../signals.ts';
import { address, count } from '../values.ts';
import { messageLine } from './message.ts';

interface WatchOptions {
  readonly from?: number;
  readonly cursor?: string;
  readonly address?: Address;
  readonly count?: number;
}

/** Adds `watch`. */
export function watchCommand(program: Command): void {
  program
    .command('watch')
    .description('print events as they happen, until Ctrl-C')
    .addArgument(new Argument('[topic]', 'what to watch').choices(TOPICS).default('new_blocks'))
    .option('--from <height>', 'begin with the events of this height', count)
    .option('--cursor <cursor>', 'begin after the event with this cursor')
    .option('--address <address>', 'only what concerns this account', address)
    .option('--count <n>', 'end after so many events', count)
    .action(async (topic: Topic, _: unknown, command: Command) => await watch(topic, command));
}

async function watch(topic: Topic, command: Command): Promise<void> {
  const options = optionsOf<WatchOptions>(command);
  const output = outputOf(options);
  const signal = stopSignal();
  const client = clientOf(options);
  await client.head(); // a wrong URL or chain fails here, at once and with its reason
  const subscription = client.subscribe(topic, {
    signal,
    onState: (state: SubscriptionState) => output.note(paint('dim', state, process.stderr)),
    ...(options.from === undefined ? {} : { fromHeight: options.from }),
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
    ...(options.address === undefined ? {} : { filter: { address: options.address } }),
  });
  let seen = 0;
  if (options.count === 0) return;
  for await (const event of subscription) {
    output.event(event, eventLine(event as AnyEvent));
    seen += 1;
    if (seen === options.count) return;
  }
  if (signal.reason === 'SIGINT') process.exitCode = EXIT_CODES.interrupted;
}

type AnyEvent = SubscriptionEvent<never> & { readonly topic: Topic };

function eventLine({ topic, height, data }: AnyEvent): string {
  switch (topic) {
    case 'new_blocks':
      return blockLine(data);
    case 'messages':
      return messageLine(data);
    case 'new_transactions': {
      const { tx_hash, type, sender, recipient = '' } = data as Record<string, string>;
      return `#${height}  ${tx_hash}  ${type}  ${sender} -> ${recipient}`;
    }
    case 'consensus_events': {
      const {
        event,
        round = '-',
        step,
        hash,
        proposer,
        validator,
        next_validators_hash,
      } = data as Record<string, string | number | null>;
      const about = step ?? hash ?? proposer ?? next_validators_hash ?? 'no block';
      return `#${height}  ${event}  round ${round}  ${validator ?? ''}${about}`;
    }
  }
}
