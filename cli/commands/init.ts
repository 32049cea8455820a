/** @module `atoll init`: the keys and the genesis of a new chain of one authority, and what to tell the deployment. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { genesisToJson } from '../../shared/protocol/genesis/document.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { parseAddress } from '../../shared/protocol/primitives/address.ts';
import { parseAmount } from '../../shared/protocol/primitives/amount.ts';
import type { EmptyBlocks } from '../../shared/protocol/primitives/chain-params.ts';
import { keyOf, optionsOf, outputOf } from '../context.ts';
import { CliError } from '../errors.ts';
import { makeGenesis } from '../genesis.ts';
import { type KeyPair, newKey } from '../keys.ts';
import { paint } from '../output.ts';
import { emptyBlocksOption, milliseconds } from '../values.ts';
import { writeNewFile } from './keys.ts';

interface InitOptions {
  readonly chainId?: string;
  readonly dir: string;
  readonly blockTime: number;
  readonly emptyBlocks: EmptyBlocks;
  readonly supply: string;
  readonly name: string;
  readonly allocate: readonly string[];
  readonly validatorKey?: string;
}

/** Adds `init`. */
export function initCommand(program: Command): void {
  program
    .command('init')
    .description('make the keys and the genesis of a new chain, and print what to tell the deployment')
    .option('--dir <dir>', 'folder for the files', 'chain')
    .option('--block-time <duration>', 'least time between blocks', milliseconds, 1_000)
    .addOption(emptyBlocksOption())
    .option('--supply <amount>', "native units of the operator's account at genesis", '1000000000000')
    .option('--allocate <address=amount>', 'give an account units at genesis; may be repeated', collect, [])
    .option('--name <name>', 'name of the validator', 'validator-1')
    .option('--validator-key <file>', 'key of a node that runs already, to give it another chain')
    .addHelpText('after', '\nExample:\n  $ atoll init --chain-id my-chain --dir my-chain')
    .action(async (_: unknown, command: Command) => await init(command));
}

async function init(command: Command): Promise<void> {
  const options = optionsOf<InitOptions>(command);
  const output = outputOf(options);
  const { chainId } = options;
  if (chainId === undefined) {
    throw new CliError('usage', 'a new chain needs an id', {
      hint: 'pass --chain-id, for example --chain-id my-chain',
    });
  }
  const known = options.validatorKey;
  const validator = known === undefined ? newKey() : await keyOf({ keyFile: known });
  const operator = newKey();
  const genesis = usage(() =>
    makeGenesis({
      chainId,
      validator: validator.signer,
      validatorName: options.name,
      operator: operator.address,
      allocations: allocations(options, operator),
      params: { blockTimeMs: options.blockTime, emptyBlocks: options.emptyBlocks },
      timeMs: Date.now(),
      salt: new Uint8Array(randomBytes(16)),
    }),
  );
  const files = await writeFiles(options.dir, genesis, operator, known === undefined ? validator : null);
  const { commands, advice } = nextSteps(chainId, files);
  output.result(
    { chain_id: chainId, genesis_hash: hashGenesis(genesis), operator: operator.address, files, commands },
    [
      `Chain ${paint('bold', chainId)}, genesis ${hashGenesis(genesis)}`,
      `The operator's account ${operator.address} owns its share from the first block.`,
      `Keys are in ${options.dir}/ with mode 600. Keep them out of version control and have a copy of operator-key.`,
      '',
      ...advice,
      'Then:',
      ...commands.map((line) => `  ${line}`),
    ],
  );
}

/** Paths by what they hold; the last two only for a node that is new. */
interface InitFiles {
  readonly genesis: string;
  readonly operator_key: string;
  readonly validator_key?: string;
  readonly admin_token?: string;
}

async function writeFiles(
  dir: string,
  genesis: Genesis,
  operator: KeyPair,
  validator: KeyPair | null,
): Promise<InitFiles> {
  await mkdir(dir, { recursive: true });
  const files = { genesis: join(dir, 'genesis.json'), operator_key: join(dir, 'operator-key') };
  await writeNewFile(files.genesis, `${JSON.stringify(genesisToJson(genesis), null, 2)}\n`);
  await writeNewFile(files.operator_key, `${operator.privateKey}\n`);
  if (validator === null) return files;
  const secrets = { validator_key: join(dir, 'validator-key'), admin_token: join(dir, 'admin-token') };
  await writeNewFile(secrets.validator_key, `${validator.privateKey}\n`);
  await writeNewFile(secrets.admin_token, `${randomBytes(24).toString('base64url')}\n`);
  return { ...files, ...secrets };
}

function allocations(
  options: InitOptions,
  operator: KeyPair,
): { address: ReturnType<typeof parseAddress>; amount: bigint }[] {
  const others = options.allocate.map((text) => {
    const [address = '', amount = ''] = text.split('=');
    return { address: parseAddress(address), amount: parseAmount(amount) };
  });
  return [{ address: operator.address, amount: parseAmount(options.supply) }, ...others];
}

function nextSteps(chainId: string, files: InitFiles): { commands: string[]; advice: string[] } {
  const { genesis, validator_key, admin_token } = files;
  const at = '--rpc-url https://YOUR-WORKER-URL';
  const token = admin_token === undefined ? '' : `ATOLL_ADMIN_TOKEN=$(cat ${admin_token}) `;
  const create = [
    `${token}npx --no atoll chain create --genesis ${genesis} ${at}`,
    `npx --no atoll head --chain-id ${chainId} ${at}`,
  ];
  if (validator_key === undefined || admin_token === undefined) {
    return { commands: create, advice: [`Add ${chainId} to the var SUPPORTED_CHAINS at the next deploy.`] };
  }
  const deploy = [
    `npx wrangler secret put VALIDATOR_KEY < ${validator_key}`,
    `npx wrangler secret put ADMIN_TOKEN < ${admin_token}`,
    'npx wrangler deploy',
  ];
  return {
    commands: [...deploy, ...create],
    advice: ['In wrangler.toml set the var:', `  SUPPORTED_CHAINS = "${chainId}"`],
  };
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/** What the protocol refuses here came from the command line. */
function usage<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new CliError('usage', (error as Error).message, { cause: error });
  }
}
