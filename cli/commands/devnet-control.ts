/** @module `atoll devnet status` and the orders for single nodes of a devnet that runs in another process. */
import type { Command } from 'commander';
import { optionsOf, outputOf } from '../context.ts';
import type { NodeAction, NodeState } from '../devnet/control.ts';
import { devnetStatus, orderNode } from '../devnet/control-client.ts';
import { fields } from '../output.ts';

const ORDERS: Readonly<Record<NodeAction, string>> = {
  'stop-node': 'stop a node in order',
  'start-node': 'start a node again, on its ports and with what it had',
  pause: 'freeze all processes of a node',
  resume: 'let a frozen node go on',
  cut: 'let nothing pass between a node and the other nodes',
  heal: 'join a node to the others again',
};
const STATE_OPTION = [
  '--state <dir>',
  'folder of the devnet (default: the devnet that was started last)',
] as const;

/** Adds them to `devnet`. */
export function devnetControlCommands(devnet: Command): void {
  devnet
    .command('status')
    .description('show the nodes of a running devnet')
    .option(...STATE_OPTION)
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf<{ state?: string }>(command);
      const state = await devnetStatus(options.state);
      outputOf(options).result(state, [
        ...fields([
          ['chain id', state.chain_id],
          ['genesis', state.genesis_hash],
          ['state', state.state_dir],
          ['process', state.pid],
        ]),
        ...state.nodes.map(nodeLine),
      ]);
    });
  for (const [action, description] of Object.entries(ORDERS)) {
    devnet
      .command(`${action} <node>`)
      .description(`${description}, such as node2`)
      .option(...STATE_OPTION)
      .action(async (name: string, _: unknown, command: Command) => {
        const options = optionsOf<{ state?: string }>(command);
        const state = await orderNode(options.state, name, action as NodeAction);
        outputOf(options).result(state, [nodeLine(state)]);
      });
  }
}

function nodeLine({ name, status, cut, pid, rpc_url, height }: NodeState): string {
  const process = pid === null ? '' : `  process ${pid}`;
  const at = height === null ? '' : `  height ${height}`;
  return `${name.padEnd(6)}  ${status}${cut ? ', cut off' : ''}  ${rpc_url}${process}${at}`;
}
