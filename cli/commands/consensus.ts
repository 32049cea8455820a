/** @module `atoll validators`, `consensus`: who signs blocks, and how the next one stands. */
import type { Command } from 'commander';
import type { SigningWire } from '../../shared/api/schemas/consensus.ts';
import { ROUND_MAX } from '../../shared/protocol/primitives/limits.ts';
import { clientOf, optionsOf, outputOf } from '../context.ts';
import { fields } from '../output.ts';
import { count } from '../values.ts';

/** Power in a set; a share of it is shown in percent. */
const PERCENT = 100;

/** Adds `validators` and `consensus`. */
export function consensusCommands(program: Command): void {
  program
    .command('validators')
    .description('show who signs blocks, and with what share of the power')
    .option('--height <height>', 'of this block; the next one unless said', count)
    .action(async (_: unknown, command: Command) => await validators(command));
  program
    .command('consensus')
    .description('show how the node stands with the next block, and who is missing')
    .action(async (_: unknown, command: Command) => await consensus(command));
}

async function validators(command: Command): Promise<void> {
  const options = optionsOf<{ height?: number }>(command);
  const { height } = options;
  const found = await clientOf(options).validators(height === undefined ? {} : { height });
  outputOf(options).result(found, [
    ...fields([
      ['height', found.height],
      ['validators', found.validators.length],
      ['nakamoto', found.nakamoto],
    ]),
    ...found.validators.map(({ consensus_key, name, power, status }) => {
      const share = ((PERCENT * power) / found.total_power).toFixed(2);
      return `  ${consensus_key}  ${share.padStart(6)} %  ${status}  ${name}`;
    }),
  ]);
}

async function consensus(command: Command): Promise<void> {
  const options = optionsOf(command);
  const found = await clientOf(options).consensus();
  const { voted, missing, peers, locked, signing } = found;
  const names = (list: readonly { name: string; consensus_key: string }[]): string =>
    list.length === 0 ? '-' : list.map(({ name, consensus_key }) => name || consensus_key).join(', ');
  outputOf(options).result(
    found,
    fields([
      ['height', found.height],
      ['round', found.round],
      ['step', found.step],
      ['since', found.since],
      ['proposer', found.proposer],
      ['prevotes', `${voted.prevotes.length} of ${found.validators_total}`],
      ['precommits', `${voted.precommits.length} of ${found.validators_total}`],
      ['missing', names(missing)],
      ['locked', locked === null ? '-' : `${locked.hash} in round ${locked.round}`],
      ['peers', names(peers)],
      ...signingFields(signing),
    ]),
  );
}

/** How a node's validator key stands, in words. */
export function signingFields({
  status,
  reason,
  source,
  quiet_heights,
  mark,
}: SigningWire): [string, string][] {
  const why = reason === null ? '' : ` (${reason}, by ${source})`;
  const quiet = quiet_heights === null ? '' : `, ${quiet_heights} of 10 heights quiet`;
  return [
    ['signing', `${status}${why}${quiet}`],
    ['mark', mark === null ? '-' : `height ${mark.height}, ${roundOf(mark)}`],
  ];
}

function roundOf({ round, step }: NonNullable<SigningWire['mark']>): string {
  return round === ROUND_MAX ? 'all of it' : `round ${round}, ${step}`;
}
