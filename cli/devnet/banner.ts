/** @module What the devnet says when it is ready: one JSON line for programs, a page for people. */
import { fields, paint } from '../output.ts';
import { DEVNET_BALANCE } from './accounts.ts';
import type { Devnet } from './devnet.ts';

/** The ready line. Other programs parse it: members are added, never changed. */
export interface ReadyLine {
  readonly event: 'ready';
  readonly chain_id: string;
  readonly genesis_hash: string;
  readonly nodes: readonly {
    name: string;
    rpc_url: string;
    ws_url: string;
    pid: number;
    role: 'validator' | 'follower';
  }[];
  readonly ledger: { primary: string; replicas: Readonly<Record<string, string>> };
  readonly accounts: readonly { address: string; public_key: string; private_key: string; balance: string }[];
  readonly admin_token: string;
}

/** The devnet as programs see it. Balances are those of the genesis. */
export function readyLine(devnet: Devnet): ReadyLine {
  return {
    event: 'ready',
    chain_id: devnet.chainId,
    genesis_hash: devnet.genesisHash,
    nodes: devnet.nodes.map(({ name, url, pid, role }) => ({
      name,
      rpc_url: url,
      ws_url: socketUrl(url),
      pid: pid ?? 0,
      role,
    })),
    ledger: devnet.ledger,
    accounts: devnet.accounts.map(({ address, publicKey, privateKey }) => ({
      address,
      public_key: publicKey,
      private_key: privateKey,
      balance: DEVNET_BALANCE.toString(),
    })),
    admin_token: devnet.adminToken,
  };
}

/** URL of the subscription socket of a node. */
export function socketUrl(rpcUrl: string): string {
  return `${rpcUrl.replace(/^http/, 'ws')}/ws`;
}

/** The devnet as people see it. */
export function banner(devnet: Devnet): string[] {
  const { nodes, ledger, accounts } = devnet;
  const url = nodes[0]?.url ?? '';
  const replicas = Object.entries(ledger.replicas).map(
    ([region, url]) => [`replica ${region}`, url] as const,
  );
  return [
    '',
    paint('bold', 'Atoll devnet'),
    '',
    paint('bold', 'Accounts'),
    ...accounts.map(({ address }, index) => `  (${index}) ${address}  ${DEVNET_BALANCE} units`),
    '',
    paint('bold', 'Private keys'),
    ...accounts.map(({ privateKey }, index) => `  (${index}) ${privateKey}`),
    '',
    paint(
      ['yellow', 'bold'],
      'These keys are publicly known. Whatever is sent to them on a real chain is lost.',
    ),
    '',
    paint('bold', 'Chain'),
    ...indent(
      fields([
        ['chain id', devnet.chainId],
        ['genesis', devnet.genesisHash],
        [
          'block time',
          `${devnet.genesis.params.blockTimeMs} ms, empty blocks: ${devnet.genesis.params.emptyBlocks}`,
        ],
        ['admin token', devnet.adminToken],
        ['state', devnet.temporary ? `${devnet.stateDir} (removed at the end)` : devnet.stateDir],
      ]),
    ),
    '',
    paint('bold', 'Endpoints'),
    ...indent(
      fields([
        ['RPC', url],
        ['socket', socketUrl(url)],
        ['docs', `${url}/docs`],
        ['metrics', `${url}/metrics`],
        ['ledger', ledger.primary],
        ...replicas,
      ]),
    ),
    '',
    ...(nodes.length === 1 ? [] : nodeLines(nodes)),
    paint('bold', 'Try'),
    `  curl -s ${url}/rpc/get_head`,
    `  curl -s ${url}/rpc/get_balance/${accounts[0]?.address ?? ''}`,
    '  npm run sample',
    ...(nodes.length === 1 ? [] : [`  npx --no atoll devnet cut ${nodes.at(-1)?.name ?? ''}`]),
    '',
    paint('dim', 'Blocks come as soon as there is something to put in. Ctrl-C stops everything.'),
    '',
  ];
}

function nodeLines(nodes: Devnet['nodes']): string[] {
  return [
    paint('bold', 'Nodes'),
    ...nodes.map(
      ({ name, url, pid, role }) => `  ${name.padEnd(6)}  ${role.padEnd(9)}  ${url}  process ${pid}`,
    ),
    '',
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
