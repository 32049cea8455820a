/** @module The commands against a real node: what they print, and the exit codes that scripts branch on. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../cli/devnet/bundle.ts';
import { newKey } from '../../cli/keys.ts';
import { genesisToJson } from '../../shared/protocol/genesis/document.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

let node: TestNode;
let folder: string;
beforeAll(async () => {
  node = await startTestNode({ regions: ['eu'] });
  folder = await mkdtemp(join(tmpdir(), 'atoll-cli-'));
});
afterAll(async () => {
  await node?.stop();
  await rm(folder, { recursive: true, force: true });
});

function account(index: number) {
  const found = node.accounts[index];
  if (found === undefined) throw new Error(`no account ${index}`);
  return found;
}

/** Runs a command with `--json` as account 0 and the administrator. */
async function atoll(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CliResult & { data: never }> {
  const result = await runCli([...args, '--json'], {
    ATOLL_RPC_URL: node.url,
    ATOLL_PRIVATE_KEY: account(0).privateKey,
    ATOLL_ADMIN_TOKEN: node.adminToken,
    ...env,
  });
  const [first = 'null'] = result.stdout.split('\n');
  return { ...result, data: JSON.parse(first === '' ? 'null' : first) as never };
}

/** The failure that a command reported on stderr. */
function failureOf({ stderr, stdout }: CliResult): { kind: string; code: string; hint: string } {
  expect(stdout).toBe('');
  return (JSON.parse(stderr) as { error: { kind: string; code: string; hint: string } }).error;
}

const STRANGER = newKey();

describe('transactions', () => {
  test('a transfer is sent, final, and found by its hash, its block and in the balance', async () => {
    const sent = await atoll(['tx', 'send', '--to', STRANGER.address, '--amount', '5', '--wait', 'final']);
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    const { tx_hash, height } = sent.data as { tx_hash: string; height: number };
    expect(sent.data).toMatchObject({ status: 'final', receipt_status: 'OK' });

    const found = await atoll(['tx', 'get', tx_hash]);
    expect(found.data).toMatchObject({ tx_hash, height, status: 'final', payload: { amount: '5' } });
    const balance = await atoll(['balance', STRANGER.address]);
    expect(balance.data).toMatchObject({ balance: '5', nonce: 0, exists: true });
    const block = await atoll(['block', String(height)]);
    expect(block.data).toMatchObject({ height, tx_count: 1, transactions: [{ tx_hash }] });
    const { hash } = block.data as { hash: string };
    expect((await atoll(['block', hash])).data).toMatchObject({ height });
    expect((await atoll(['block', 'latest'])).data).toMatchObject({ height });
    expect((await atoll(['head'])).data).toMatchObject({ height, hash, genesis_hash: node.genesisHash });
  });

  test('without --wait the answer comes from the mempool', async () => {
    const sent = await atoll(['tx', 'send', '--to', account(1).address, '--amount', '1', '--fee', '3']);
    expect(sent.code).toBe(0);
    const { tx_hash } = sent.data as { tx_hash: string };
    expect(tx_hash).toMatch(/^0x[0-9a-f]{64}$/);
  });

  test('the key may come from a file, as "keys new --out" writes it', async () => {
    const keyFile = join(folder, 'key.json');
    await writeFile(keyFile, JSON.stringify({ private_key: account(2).privateKey }));
    const args = [
      'tx',
      'send',
      '--to',
      STRANGER.address,
      '--amount',
      '1',
      '--wait',
      'final',
      '--key-file',
      keyFile,
    ];
    const sent = await atoll(args, { ATOLL_PRIVATE_KEY: '' });
    const found = await atoll(['tx', 'get', (sent.data as { tx_hash: string }).tx_hash]);
    expect(found.data).toMatchObject({ sender: account(2).address });
  });

  test('more than the account owns fails with exit code 1 and the code of the node', async () => {
    const sent = await atoll(['tx', 'send', '--to', account(1).address, '--amount', '10'], {
      ATOLL_PRIVATE_KEY: newKey().privateKey,
    });
    expect(sent.code).toBe(1);
    expect(failureOf(sent)).toMatchObject({ kind: 'runtime', code: 'TX_INSUFFICIENT_BALANCE' });
  });

  test('an unknown transaction, block or chain ends with exit code 3', async () => {
    const transaction = await atoll(['tx', 'get', `0x${'00'.repeat(32)}`]);
    expect(transaction.code).toBe(3);
    expect(failureOf(transaction).code).toBe('TX_UNKNOWN');
    const block = await atoll(['block', '999999']);
    expect(block.code).toBe(3);
    expect(failureOf(block).code).toBe('BLOCK_UNKNOWN');
    const chain = await atoll(['head', '--chain-id', 'no-such-chain']);
    expect(chain.code).toBe(3);
    expect(failureOf(chain)).toMatchObject({
      code: 'CHAIN_UNKNOWN',
      hint: expect.stringContaining('chain list'),
    });
  });

  test('a person reads the same in words, with the problem code and what to do', async () => {
    const env = { ATOLL_RPC_URL: node.url };
    const head = await runCli(['head'], env);
    expect(head.stdout).toMatch(/^height +\d+$/m);
    const missing = await runCli(['head', '--chain-id', 'no-such-chain'], env);
    expect(missing).toMatchObject({ code: 3, stdout: '' });
    expect(missing.stderr).toMatch(/^error: .*\[CHAIN_UNKNOWN\]\nhint: {2}.*chain list/);
  });
});

describe('messages', () => {
  test('a text and a file arrive in the inbox of the recipient, newest first', async () => {
    const file = join(folder, 'picture');
    await writeFile(file, Uint8Array.of(0, 255, 7));
    const to = account(3).address;
    const text = await atoll(['message', 'send', '--to', to, '--text', 'héllo', '--wait', 'final']);
    const bytes = await atoll(['message', 'send', '--to', to, '--file', file, '--wait', 'final']);
    expect([text.code, bytes.code]).toEqual([0, 0]);
    await expect
      .poll(async () => (await atoll(['message', 'inbox', '--address', to])).data, { timeout: 10_000 })
      .toMatchObject({
        messages: [
          { body: '0x00ff07', content_type: 'application/octet-stream', sender: account(0).address },
          { body: `0x${Buffer.from('héllo').toString('hex')}`, content_type: 'text/plain' },
        ],
      });
    const shown = await runCli(['message', 'inbox', '--limit', '1'], {
      ATOLL_RPC_URL: node.url,
      ATOLL_PRIVATE_KEY: account(3).privateKey,
    });
    expect(shown.stdout).toContain('3 bytes of application/octet-stream');
    expect(shown.stdout.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('watch', () => {
  test('replays from a height, one JSON document per line, and ends after --count', async () => {
    for (let index = 0; index < 2; index += 1) {
      await atoll(['tx', 'send', '--to', account(1).address, '--amount', '1', '--wait', 'final']);
    }
    const watched = await atoll(['watch', 'new_blocks', '--from', '1', '--count', '2', '--quiet']);
    expect(watched).toMatchObject({ code: 0, stderr: '' });
    const events = watched.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(events).toMatchObject([
      { topic: 'new_blocks', height: 1 },
      { topic: 'new_blocks', height: 2 },
    ]);
  });

  test('shows what happens while it runs, and ends with exit code 130 at Ctrl-C', async () => {
    const child = spawn(
      process.execPath,
      [join(ROOT, 'cli/atoll.js'), 'watch', 'new_transactions', '--json'],
      {
        env: { ...process.env, ATOLL_RPC_URL: node.url },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await new Promise<void>((live) =>
      createInterface(child.stderr).on('line', (line) => line === 'live' && live()),
    );
    const line = new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
    const sent = await atoll(['tx', 'send', '--to', STRANGER.address, '--amount', '2']);
    expect(JSON.parse(await line)).toMatchObject({
      data: { tx_hash: (sent.data as { tx_hash: string }).tx_hash },
    });
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });
});

describe('the sample', () => {
  test('follows transfers and messages to finality and reports their times', async () => {
    const { code, stdout } = await atoll(['sample', '--transfers', '2', '--messages', '1']);
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ event }) => event)).toEqual(['final', 'final', 'final', 'done']);
    for (const event of events.slice(0, 3)) {
      expect(event).toMatchObject({
        height: expect.any(Number),
        accepted_ms: expect.any(Number),
        final_ms: expect.any(Number),
      });
    }
  });
});

describe('commands of the administrator', () => {
  test('chain create takes the same genesis again, and refuses another one with exit code 5', async () => {
    const same = join(folder, 'same.json');
    await writeFile(same, JSON.stringify(genesisToJson(node.genesis)));
    expect(await atoll(['chain', 'create', '--genesis', same])).toMatchObject({
      code: 0,
      data: { chain_id: node.chainId },
    });
    const other = join(folder, 'other.json');
    const genesis = { ...node.genesis, salt: new Uint8Array(16) };
    await writeFile(other, JSON.stringify(genesisToJson(genesis)));
    const refused = await atoll(['chain', 'create', '--genesis', other]);
    expect(refused.code).toBe(5);
    expect(failureOf(refused).code).toBe('CHAIN_EXISTS');
  });

  test('chain create refuses a file that is no genesis as a usage error', async () => {
    const file = join(folder, 'none.json');
    await writeFile(file, '{"chain_id": 5}');
    expect((await atoll(['chain', 'create', '--genesis', file])).code).toBe(2);
    expect((await atoll(['chain', 'create', '--genesis', join(folder, 'missing')])).code).toBe(2);
  });

  test('chain list shows the chain', async () => {
    const { data } = await atoll(['chain', 'list']);
    expect(data).toMatchObject([
      { chain_id: node.chainId, genesis_hash: node.genesisHash, status: 'RUNNING' },
    ]);
  });

  test('ledger rebuild starts over, and a wrong or missing token ends with exit code 4', async () => {
    expect(await atoll(['ledger', 'rebuild'])).toMatchObject({ code: 0, data: { from: 1 } });
    const wrong = await atoll(['ledger', 'rebuild'], { ATOLL_ADMIN_TOKEN: 'x'.repeat(32) });
    expect(wrong.code).toBe(4);
    expect(failureOf(wrong).code).toBe('UNAUTHORIZED');
    expect((await atoll(['ledger', 'rebuild'], { ATOLL_ADMIN_TOKEN: '' })).code).toBe(4);
  });
});
