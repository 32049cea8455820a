/** @module `atoll ledger`: the projection of a chain in libSQL. */
import type { Command } from 'commander';
import { rebuildLedger } from '../admin.ts';
import { adminTokenOf, chainIdOf, optionsOf, outputOf, rpcUrlOf } from '../context.ts';

/** Adds `ledger rebuild`. */
export function ledgerCommands(program: Command): void {
  const ledger = program.command('ledger').description("a chain's ledger in libSQL");
  ledger
    .command('rebuild')
    .description('drop the rows and have the chain write them again from height 1 (needs ATOLL_ADMIN_TOKEN)')
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf(command);
      const answer = await rebuildLedger({
        url: rpcUrlOf(options),
        adminToken: adminTokenOf(),
        chainId: chainIdOf(options),
      });
      outputOf(options).result(answer, [
        `The ledger is being written again, heights ${answer.from} to ${answer.to}. Progress: GET /readyz`,
      ]);
    });
}
