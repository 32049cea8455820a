/** @module `atoll validator`: the life of a validator, by its operator, and of its key, by the administrator of its node. */
import type { Command } from 'commander';
import type { SigningWire } from '../../shared/api/schemas/consensus.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { parseChainId } from '../../shared/protocol/primitives/chain-id.ts';
import { parseConsensusKey } from '../../shared/protocol/primitives/consensus-key.ts';
import { popSignBytes } from '../../shared/protocol/validators/possession.ts';
import { type AdminTarget, guardSigning, setSigningMark } from '../admin.ts';
import {
  adminTokenOf,
  chainIdOf,
  clientOf,
  keyOf,
  optionsOf,
  outputOf,
  rpcUrlOf,
  validatorKeyOf,
} from '../context.ts';
import { CliError } from '../errors.ts';
import { fields } from '../output.ts';
import { consensusKey, count } from '../values.ts';
import { signingFields } from './consensus.ts';
import { follow, type WaitOptions, withWaitOptions } from './tx.ts';

interface ProfileOptions extends WaitOptions {
  readonly name?: string;
  readonly endpoint?: string;
  readonly commissionBps?: number;
}

/** Adds `validator register`, `update` and `unjail`. */
export function validatorCommands(program: Command): void {
  const validator = program.command('validator').description('a validator of yours');
  const register = validator
    .command('register')
    .description('make your account the operator of a new validator')
    .requiredOption('--validator-key-file <file>', "file with the node's VALIDATOR_KEY; it stays here");
  profileOptions(register)
    .addHelpText(
      'after',
      '\nExample:\n  $ atoll validator register --validator-key-file validator-key --name alpha --key-file operator-key',
    )
    .action(async (_: unknown, command: Command) => await registerValidator(command));
  const update = validator
    .command('update')
    .description('change name, endpoint or commission; what is left out stays')
    .requiredOption('--validator <key>', 'its consensus key', consensusKey);
  profileOptions(update).action(async (_: unknown, command: Command) => await updateValidator(command));
  const unjail = validator
    .command('unjail')
    .description('let a jailed validator return once its time is over')
    .requiredOption('--validator <key>', 'its consensus key', consensusKey);
  withWaitOptions(unjail).action(async (_: unknown, command: Command) => {
    const options = optionsOf<WaitOptions & { validator: ConsensusKey }>(command);
    await send(command, 'unjail', { consensusKey: options.validator });
  });
  keyCommands(validator);
}

function keyCommands(validator: Command): void {
  validator
    .command('mark')
    .description(
      "let a node's validator key sign above a height, for what you vouch (needs ATOLL_ADMIN_TOKEN)",
    )
    .requiredOption('--height <n>', 'last height that the key may have signed anywhere', count)
    .option('--round <n>', 'last round of it; without it the whole height counts as signed', count)
    .action(async (_: unknown, command: Command) => {
      const { height, round } = optionsOf<{ height: number; round?: number }>(command);
      const mark = { height, ...(round === undefined ? {} : { round }) };
      await showKey(command, (target) => setSigningMark({ ...target, mark }));
    });
  validator
    .command('guard')
    .description(
      "hold a node's validator key until its mark is set: before its storage is restored or the key moves (needs ATOLL_ADMIN_TOKEN)",
    )
    .action(async (_: unknown, command: Command) => await showKey(command, guardSigning));
}

async function showKey(
  command: Command,
  change: (target: AdminTarget & { chainId: string | undefined }) => Promise<SigningWire>,
): Promise<void> {
  const options = optionsOf(command);
  const adminToken = adminTokenOf();
  const signing = await change({ url: rpcUrlOf(options), adminToken, chainId: chainIdOf(options) });
  outputOf(options).result(signing, fields(signingFields(signing)));
}

function profileOptions(command: Command): Command {
  return withWaitOptions(command)
    .option('--name <name>', 'shown in lists')
    .option('--endpoint <url>', 'where its node is')
    .option('--commission-bps <n>', "its operator's part of the rewards, in 1/10,000", count);
}

async function registerValidator(command: Command): Promise<void> {
  const options = optionsOf<ProfileOptions & { validatorKeyFile: string }>(command);
  const account = await keyOf(options);
  const key = await validatorKeyOf(options.validatorKeyFile);
  const { chain_id: chainId } = await clientOf(options).info();
  const own = parseConsensusKey(key.publicKey);
  const { name = '', endpoint = '', commissionBps = 0 } = options;
  await send(command, 'validator_register', {
    consensusKey: own,
    name,
    endpoint,
    commissionBps,
    pop: key.signer.sign(popSignBytes(parseChainId(chainId), own, account.address)),
  });
}

async function updateValidator(command: Command): Promise<void> {
  const options = optionsOf<ProfileOptions & { validator: ConsensusKey }>(command);
  const { validator, name = null, endpoint = null, commissionBps = null } = options;
  if (name === null && endpoint === null && commissionBps === null) {
    throw new CliError('usage', 'nothing to change was given', {
      hint: 'pass --name, --endpoint or --commission-bps',
    });
  }
  await send(command, 'validator_update', { consensusKey: validator, name, endpoint, commissionBps });
}

async function send(command: Command, type: string, payload: unknown): Promise<void> {
  const options = optionsOf<WaitOptions>(command);
  const { fee } = options;
  const client = clientOf(options, await keyOf(options));
  const sent = await client.send({ type, payload, ...(fee === undefined ? {} : { fee }) });
  await follow(sent, options, outputOf(options));
}
