/** @module `atoll chain`: the chains of a node. */
import type { Command } from 'commander';
import type { ChainWire } from '../../shared/api/schemas/node.ts';
import { genesisFromJson } from '../../shared/protocol/genesis/document.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { createChain, listChains } from '../admin.ts';
import { adminTokenOf, optionsOf, outputOf, parseJson, readTextFile, rpcUrlOf } from '../context.ts';
import { CliError } from '../errors.ts';
import { fields } from '../output.ts';

/** Adds `chain create` and `chain list`. */
export function chainCommands(program: Command): void {
  const chain = program.command('chain').description('the chains of a node');
  chain
    .command('create')
    .description(
      'create a chain from its genesis; the same genesis again is no error (needs ATOLL_ADMIN_TOKEN)',
    )
    .requiredOption('--genesis <file>', 'JSON document, as "atoll init" writes it')
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf<{ genesis: string }>(command);
      const target = { url: rpcUrlOf(options), adminToken: adminTokenOf() };
      const genesis = await readGenesis(options.genesis);
      const created = await createChain({ ...target, genesis });
      outputOf(options).result(
        created,
        fields([
          ['chain id', genesis.chainId],
          ['genesis', hashGenesis(genesis)],
          ['status', created.status],
        ]),
      );
    });
  chain
    .command('list')
    .description('list the chains')
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf(command);
      const chains = await listChains(rpcUrlOf(options));
      outputOf(options).result(chains, chains.map(chainLine));
    });
}

function chainLine({ chain_id, chain_type, status, height }: ChainWire): string {
  return `${chain_id}  ${chain_type}  ${status}  height ${height}`;
}

async function readGenesis(file: string): Promise<Genesis> {
  const json = parseJson(await readTextFile(file), file);
  try {
    return genesisFromJson(json);
  } catch (error) {
    throw new CliError('usage', `${file} is not a genesis: ${(error as Error).message}`, { cause: error });
  }
}
