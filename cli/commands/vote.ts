/** @module `atoll vote`: ballots of authorities on who is one, and on parameters. */
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_PARAMS, encodeParam, paramName } from '../../shared/protocol/block/params.ts';
import { paramsFromJson } from '../../shared/protocol/genesis/document.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';
import { consensusKeyToBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import type { AuthorityBallot } from '../../shared/protocol/transaction/validator-actions.ts';
import { clientOf, keyOf, optionsOf, outputOf } from '../context.ts';
import { CliError } from '../errors.ts';
import { consensusKey } from '../values.ts';
import { follow, type WaitOptions, withWaitOptions } from './tx.ts';

interface VoteOptions extends WaitOptions {
  readonly withdraw?: true;
}

const FIELDS = Object.keys(DEFAULT_PARAMS) as (keyof ChainParams)[];
const NO_VALUE = new Uint8Array();

/** Adds `vote add`, `vote remove` and `vote param`. */
export function voteCommands(program: Command): void {
  const vote = program
    .command('vote')
    .description('ballots of the operators of authorities; more than half of the authorities decide');
  for (const kind of ['add', 'remove'] as const) {
    ballotCommand(vote.command(kind))
      .description(kind === 'add' ? 'make a registered validator an authority' : 'take an authority out')
      .argument('<key>', 'consensus key of the validator', consensusKey)
      .action(async (key: ConsensusKey, _: unknown, command: Command) => {
        await send(command, { kind, subject: consensusKeyToBytes(key), value: NO_VALUE });
      });
  }
  ballotCommand(vote.command('param'))
    .description('change a parameter of the chain from the next block on')
    .argument('<name>', 'as in the genesis: min_fee, block_time_ms, ...', field)
    .addArgument(new Argument('<value>', 'a whole number, or a name'))
    .addHelpText('after', '\nExample:\n  $ atoll vote param min_fee 100 --key-file operator-key')
    .action(async (name: keyof ChainParams, value: string, _: unknown, command: Command) => {
      const subject = new TextEncoder().encode(paramName(name));
      await send(command, { kind: 'param', subject, value: encodedValue(name, value) });
    });
}

function ballotCommand(command: Command): Command {
  return withWaitOptions(command).option('--withdraw', 'take your approval back');
}

async function send(command: Command, ballot: Omit<AuthorityBallot, 'approve'>): Promise<void> {
  const options = optionsOf<VoteOptions>(command);
  const { fee, withdraw } = options;
  const payload: AuthorityBallot = { ...ballot, approve: withdraw !== true };
  const client = clientOf(options, await keyOf(options));
  const sent = await client.send({ type: 'authority_vote', payload, ...(fee === undefined ? {} : { fee }) });
  await follow(sent, options, outputOf(options));
}

function field(text: string): keyof ChainParams {
  const found = FIELDS.find((name) => paramName(name) === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Give one of ${FIELDS.map(paramName).join(', ')}.`);
}

/** CBOR of the value. Its bounds are the chain's to judge: they depend on other parameters. */
function encodedValue(name: keyof ChainParams, text: string): Uint8Array {
  const json = typeof DEFAULT_PARAMS[name] === 'number' && /^\d{1,16}$/.test(text) ? Number(text) : text;
  try {
    return encodeParam(name, paramsFromJson({ [paramName(name)]: json })[name]);
  } catch (error) {
    throw new CliError('usage', `${text} is no value of ${paramName(name)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
