/** @module The `atoll` command: parses the command line, runs one command, and ends with the exit code of `errors.ts`. */
import { Command, CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { chainCommands } from './commands/chain.ts';
import { consensusCommands } from './commands/consensus.ts';
import { devnetCommand } from './commands/devnet.ts';
import { doctorCommand } from './commands/doctor.ts';
import { initCommand } from './commands/init.ts';
import { keysCommands } from './commands/keys.ts';
import { ledgerCommands } from './commands/ledger.ts';
import { messageCommands } from './commands/message.ts';
import { peersCommands } from './commands/peers.ts';
import { queryCommands } from './commands/query.ts';
import { sampleCommand } from './commands/sample.ts';
import { snapshotCommands } from './commands/snapshot.ts';
import { stakeCommands } from './commands/stake.ts';
import { syncCommands } from './commands/sync.ts';
import { txCommands } from './commands/tx.ts';
import { validatorCommands } from './commands/validator.ts';
import { voteCommands } from './commands/vote.ts';
import { watchCommand } from './commands/watch.ts';
import { EXIT_CODES } from './errors.ts';
import { reportFailure } from './output.ts';

const AFTER_HELP = `
Environment:
  ATOLL_RPC_URL      URL of the node (--rpc-url comes first)
  ATOLL_CHAIN_ID     chain id (--chain-id comes first; none = the node's default chain)
  ATOLL_PRIVATE_KEY  key that signs, 0x + 64 hex digits (--key-file comes first)
  ATOLL_ADMIN_TOKEN  token for commands of the node's administrator
  NO_COLOR           no colours

Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 conflict, 6 network or timeout, 130 interrupted.`;

function createProgram(): Command {
  const program = new Command('atoll')
    .description('A blockchain node with no servers: devnet, keys, transactions, chains')
    .version(packageJson.version, '-V, --version')
    .option('--rpc-url <url>', 'URL of the node')
    .option('--chain-id <id>', 'chain to talk to')
    .option('--key-file <file>', 'file with the private key that signs')
    .option('--json', 'data as JSON on stdout, nothing else there; streams as one document per line')
    .option('-q, --quiet', 'no talk on stderr')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', AFTER_HELP);
  // Before subcommands are made: they inherit it, and no error of the parser may end the process by itself.
  program.exitOverride();
  const groups = [
    devnetCommand,
    sampleCommand,
    initCommand,
    keysCommands,
    txCommands,
    queryCommands,
    consensusCommands,
    stakeCommands,
    validatorCommands,
    voteCommands,
    watchCommand,
    messageCommands,
    chainCommands,
    peersCommands,
    syncCommands,
    ledgerCommands,
    snapshotCommands,
    doctorCommand,
  ];
  for (const add of groups) add(program);
  return program;
}

/** Runs one command line; the answer is the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (error) {
    // Commander has printed help or its own words already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.usage;
    return reportFailure(error, json);
  }
}

// Whoever read the output has gone (`| head`): data has no reader left, so the command stops; talk is lost in silence.
process.stdout.on('error', () => process.kill(process.pid, 'SIGTERM'));
process.stderr.on('error', () => undefined);
process.exitCode = await run(process.argv.slice(2));
