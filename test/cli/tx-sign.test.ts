/** @module The steps of README and docs/deploy.md: a body signed for curl, and a second chain on a node that runs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

const VALIDATOR_KEY = `0x${'5a'.repeat(32)}`;
let node: TestNode;
let folder: string;

beforeAll(async () => {
  node = await startTestNode({ ledger: false });
  folder = await mkdtemp(join(tmpdir(), 'atoll-sign-'));
});
afterAll(async () => {
  await node.stop();
  await rm(folder, { recursive: true, force: true });
});

const account = (index: number) => node.accounts[index] ?? expect.fail('the node has funded accounts');
const send = (body: string) =>
  fetch(`${node.url}/rpc/send_tx?wait=final`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });

describe('atoll tx sign', () => {
  test.each([[[]], [['--json']]])(
    'prints a body that POST /rpc/send_tx takes as it is (%j)',
    async (flags) => {
      const env = { ATOLL_RPC_URL: node.url, ATOLL_PRIVATE_KEY: account(0).privateKey };
      const { code, stdout } = await runCli(
        ['tx', 'sign', '--to', account(1).address, '--amount', '5', ...flags],
        env,
      );
      expect(code).toBe(0);
      expect(stdout.trimEnd().split('\n')).toHaveLength(1);
      const response = await send(stdout);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ status: 'final', receipt_status: 'OK' });
    },
  );

  test('takes nonce, fee and last height from the command line', async () => {
    const env = { ATOLL_RPC_URL: node.url, ATOLL_PRIVATE_KEY: account(2).privateKey };
    const given = ['--nonce', '7', '--fee', '9', '--valid-until', '11'];
    const { stdout } = await runCli(
      ['tx', 'sign', '--to', account(1).address, '--amount', '5', ...given],
      env,
    );
    expect(JSON.parse(stdout)).toMatchObject({ type: 'transfer', nonce: 7, fee: '9', valid_until: 11 });
  });
});

describe('atoll init --validator-key', () => {
  test('makes the genesis of another chain for a node that runs, which then makes its blocks', async () => {
    const key = join(folder, 'validator-key');
    await writeFile(key, `${VALIDATOR_KEY}\n`);
    await node.restart({ VALIDATOR_KEY });
    const dir = join(folder, 'other');
    const made = await runCli(['init', '--chain-id', 'other', '--dir', dir, '--validator-key', key]);
    expect(made.code).toBe(0);
    expect(made.stdout).not.toContain('wrangler');
    const genesis = join(dir, 'genesis.json');
    const env = { ATOLL_RPC_URL: node.url, ATOLL_CHAIN_ID: 'other', ATOLL_ADMIN_TOKEN: node.adminToken };
    expect((await runCli(['chain', 'create', '--genesis', genesis], env)).code).toBe(0);
    const operator = ['--key-file', join(dir, 'operator-key')];
    const sent = await runCli(
      ['tx', 'send', '--to', account(1).address, '--amount', '5', '--wait', 'final', '--json', ...operator],
      env,
    );
    expect(JSON.parse(sent.stdout)).toMatchObject({ status: 'final', height: 1 });
  });
});
