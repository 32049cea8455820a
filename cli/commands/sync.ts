/** @module `atoll sync`: how far a node is with the blocks of its peers. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { SyncStatus } from '../../sdk/index.ts';
import { clientOf, type GlobalOptions, optionsOf, outputOf } from '../context.ts';
import { CliError, EXIT_CODES } from '../errors.ts';
import { fields } from '../output.ts';
import { duration, LiveLine, progressBar } from '../progress-bar.ts';
import { stopSignal } from '../signals.ts';

/** Between two looks at the node. */
const LOOK_MS = 500;

/** Adds `sync status` and `sync watch`. */
export function syncCommands(program: Command): void {
  const sync = program.command('sync').description('how far the node is with the blocks of its peers');
  sync
    .command('status')
    .description('show state, progress, rate and time left')
    .action(async (_: unknown, command: Command) => await status(optionsOf(command)));
  sync
    .command('watch')
    .description('show a progress bar until the node is synced')
    .option('--keep', 'go on after it is, until Ctrl-C')
    .action(async (_: unknown, command: Command) => await watch(optionsOf<{ keep?: true }>(command)));
}

async function status(options: GlobalOptions): Promise<void> {
  const found = await clientOf(options).syncStatus();
  const { divergence, eta_seconds: eta } = found;
  outputOf(options).result(
    found,
    fields([
      ['chain', found.chain_id],
      ['state', found.state],
      ['height', found.head_height],
      ['target', found.target_height],
      ['claimed', found.claimed_height > found.target_height ? found.claimed_height : null],
      ['behind', `${found.blocks_behind} blocks`],
      ['rate', `${found.blocks_per_second.toFixed(0)} blocks/s`],
      ['time left', eta === null ? null : duration(eta)],
      ['peers', found.peers],
      ['imported', found.imported_total],
      ['failures', found.failures_total],
      ['ledger', `${found.ledger_height}, ${found.lag_blocks} behind`],
      ['diverged', divergence === null ? null : `at height ${divergence.height}: ${divergence.detail}`],
    ]),
  );
}

async function watch(options: GlobalOptions & { keep?: true }): Promise<void> {
  const output = outputOf(options);
  const client = clientOf(options);
  const signal = stopSignal();
  const live = new LiveLine(process.stderr);
  const isDrawn = live.isLive && !output.json && options.quiet !== true;
  let start: number | null = null;
  let last = '';
  for (;;) {
    const found = await client.syncStatus();
    start ??= found.head_height;
    const line = syncLine(found, start);
    if (isDrawn) live.draw(line);
    else if (line !== last) output.event(found, line);
    last = line;
    const isOver = found.state === 'diverged' || (found.state === 'synced' && options.keep !== true);
    if (isOver || signal.aborted) {
      if (isDrawn) live.end();
      if (found.divergence !== null) throw divergedError(found);
      if (signal.aborted) process.exitCode = EXIT_CODES.interrupted;
      return;
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** How far a node is, in one line. `start` is the height at which it was first seen. */
export function syncLine(status: SyncStatus, start: number): string {
  const {
    head_height: height,
    target_height: target,
    state,
    blocks_per_second: rate,
    eta_seconds: eta,
  } = status;
  const speed = rate > 0 ? `  ${rate.toFixed(0)} blocks/s` : '';
  const left = eta === null ? '' : `  ${duration(eta)} left`;
  return `${progressBar(start, height, target)}  ${height} of ${target}  ${state}${speed}${left}`;
}

function divergedError({ divergence }: SyncStatus): CliError {
  return new CliError('conflict', `the node is on another chain than its network: ${divergence?.detail}`, {
    hint: '"atoll sync status" shows both hashes',
  });
}
