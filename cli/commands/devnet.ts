/** @module `atoll devnet`: a chain on this machine, with accounts that own something, until Ctrl-C. */
import { type Command, InvalidArgumentError } from 'commander';
import type { EmptyBlocks } from '../../shared/protocol/primitives/chain-params.ts';
import { optionsOf, outputOf } from '../context.ts';
import { banner, readyLine } from '../devnet/banner.ts';
import { runDemo } from '../devnet/demo.ts';
import { type Devnet, NODES_DEFAULT, startDevnet } from '../devnet/devnet.ts';
import { watchLauncher } from '../devnet/launcher.ts';
import { showBlocks } from '../devnet/live.ts';
import { NODES_MAX } from '../devnet/state.ts';
import { CliError } from '../errors.ts';
import type { Output } from '../output.ts';
import { stopSignal } from '../signals.ts';
import { count, emptyBlocksOption, milliseconds, port } from '../values.ts';
import { devnetControlCommands } from './devnet-control.ts';

interface DevnetCommandOptions {
  readonly nodes?: number;
  readonly followers?: number;
  readonly port: number;
  readonly state?: string;
  readonly reset?: boolean;
  readonly blockTime: number;
  readonly emptyBlocks: EmptyBlocks;
  readonly snapshotInterval?: number;
  readonly demo: boolean;
  readonly logLevel: string;
}

/** Adds `devnet`. */
export function devnetCommand(program: Command): void {
  const command = program
    .command('devnet')
    .description('run a chain on this machine: nodes with libSQL, a replica, ten funded accounts')
    .option('--nodes <n>', `validators, each a node of its own (default: ${NODES_DEFAULT})`, nodeCount)
    .option('--followers <n>', 'nodes beside them that follow the chain (default: none)', followerCount)
    .option(
      '--port <port>',
      'RPC port of node 1; the next ones are for the others; 0 for free ones',
      port,
      9080,
    )
    .option('--block-time <duration>', 'least time between blocks', milliseconds, 100)
    .addOption(emptyBlocksOption())
    .option('--snapshot-interval <blocks>', 'from one snapshot of the state to the next', count)
    .option('--state <dir>', 'keep the chain in this folder (default: a temporary one, removed at the end)')
    .option('--reset', 'start a new chain, whatever --state holds')
    .option('--no-demo', 'no transfer every two seconds')
    .option('--log-level <level>', "level of the nodes' logs", 'info')
    .addHelpText(
      'after',
      '\nExamples:\n  $ atoll devnet\n  $ atoll devnet --state ./chain --block-time 500ms --no-demo\n  $ atoll devnet --json --port 0\n  $ atoll devnet pause node2',
    )
    .action(async (_: unknown, command: Command) => await devnet(command));
  devnetControlCommands(command);
}

function nodeCount(text: string): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > NODES_MAX) throw new InvalidArgumentError(`Give a number from 1 to ${NODES_MAX}.`);
  return value;
}

function followerCount(text: string): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : NODES_MAX + 1;
  if (value > NODES_MAX) throw new InvalidArgumentError(`Give a number from 0 to ${NODES_MAX}.`);
  return value;
}

async function devnet(command: Command): Promise<void> {
  const options = optionsOf<DevnetCommandOptions>(command);
  const output = outputOf(options);
  const end = new AbortController();
  watchLauncher(() => end.abort());
  const signal = AbortSignal.any([stopSignal(), end.signal]);
  const running = await startDevnet({
    ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
    ...(options.followers === undefined ? {} : { followers: options.followers }),
    port: options.port,
    ...(options.state === undefined ? {} : { stateDir: options.state }),
    reset: options.reset === true,
    blockTimeMs: options.blockTime,
    emptyBlocks: options.emptyBlocks,
    ...(options.snapshotInterval === undefined ? {} : { snapshotInterval: options.snapshotInterval }),
    logLevel: options.logLevel,
    note: output.note,
    signal,
  });
  try {
    announce(running, output);
    await untilStopped(running, output, options, signal);
    output.note('stopping');
  } finally {
    end.abort(); // also the block feed and the demo, when the node ended by itself
    await running.stop();
  }
}

function announce(running: Devnet, output: Output): void {
  if (output.json) output.event(readyLine(running), '');
  else for (const line of banner(running)) process.stdout.write(`${line}\n`);
}

async function untilStopped(
  running: Devnet,
  output: Output,
  options: DevnetCommandOptions & { quiet?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  if (signal.aborted) return;
  const show = !output.json && options.quiet !== true;
  const report = (what: string) => (error: unknown) => {
    if (!signal.aborted) output.note(`${what}: ${(error as Error).message}`);
  };
  if (show) void showBlocks(running, signal).catch(report('the block feed ended'));
  if (show && options.demo) void runDemo(running, signal, output.note).catch(report('the demo sender ended'));
  const ended = await Promise.race([stopped, running.ended]);
  if (typeof ended !== 'string' || signal.aborted) return;
  throw new CliError('runtime', ended, {
    hint: running.temporary
      ? 'start the devnet again'
      : `start it again with --state ${running.stateDir}: the chain goes on`,
  });
}
