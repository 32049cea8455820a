/** @module Stake, validators and votes from the command line, against a real node of a chain with stake. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KeyPair, newKey } from '../../cli/keys.ts';
import { createClient } from '../../sdk/index.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

const STAKE = 1_000_000n;

let node: TestNode;
let folder: string;
beforeAll(async () => {
  node = await startTestNode({
    ledger: false,
    params: { authorityWeightBps: 5_000, fullStake: STAKE, unbondingMs: 1_000, evidenceAgeMs: 500 },
  });
  folder = await mkdtemp(join(tmpdir(), 'atoll-cli-'));
});
afterAll(async () => {
  await node?.stop();
  await rm(folder, { recursive: true, force: true });
});

const validators = async () => await createClient({ url: node.url }).validators();
const ownKey = async () => (await validators()).validators[0]?.consensus_key ?? '';

/** Runs a command as an account and waits until its transaction is final. */
async function atoll(as: KeyPair, ...args: readonly string[]): Promise<CliResult> {
  return await runCli([...args, '--wait', 'final', '--json'], {
    ATOLL_RPC_URL: node.url,
    ATOLL_PRIVATE_KEY: as.privateKey,
  });
}

function account(index: number): KeyPair {
  const found = node.accounts[index];
  if (found === undefined) throw new Error(`no account ${index}`);
  return found;
}

function expectOk({ code, stdout, stderr }: CliResult): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ status: 'final', receipt_status: 'OK' });
}

describe('stake', () => {
  test('is bonded, taken back in part, and pays rewards out', async () => {
    const key = await ownKey();
    const staker = account(1);
    expectOk(await atoll(staker, 'stake', '--validator', key, '--amount', '1000'));
    expectOk(await atoll(account(2), 'tx', 'send', '--to', staker.address, '--amount', '1', '--fee', '700'));
    expectOk(await atoll(staker, 'withdraw', '--validator', key));
    expectOk(await atoll(staker, 'unstake', '--validator', key, '--amount', '400'));
    const { delegations, unbonding } = await createClient({ url: node.url }).staking(staker.address);
    expect(delegations).toMatchObject([{ consensus_key: key, stake: '600' }]);
    expect(unbonding).toMatchObject([{ amount: '400' }]);
  });

  test('of more than is there ends in the block and with exit code 1', async () => {
    const failed = await atoll(account(1), 'unstake', '--validator', await ownKey(), '--amount', '601');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('INSUFFICIENT_STAKE');
    const unnamed = await atoll(account(1), 'stake', '--validator', '0x12', '--amount', '1');
    expect(unnamed.code).toBe(2);
  });
});

describe("a node's validator key", () => {
  const asAdmin = (...args: readonly string[]) =>
    runCli(['validator', ...args, '--json'], {
      ATOLL_RPC_URL: node.url,
      ATOLL_ADMIN_TOKEN: node.adminToken,
    });

  test('is held by its administrator, and freed above a mark', async () => {
    const { height } = await createClient({ url: node.url }).head();
    const held = await asAdmin('guard');
    expect(JSON.parse(held.stdout)).toMatchObject({ status: 'guarded', reason: 'order' });
    const shown = await runCli(['consensus'], { ATOLL_RPC_URL: node.url });
    expect(shown.stdout).toMatch(/^signing +guarded \(order, by node\)$/m);
    const low = await asAdmin('mark', '--height', '0');
    expect(low.code).toBe(5);
    expect(low.stderr).toContain('SIGNING_MARK_BELOW');
    const freed = await asAdmin('mark', '--height', String(height));
    expect(JSON.parse(freed.stdout)).toMatchObject({ status: 'ready', reason: null });
    const stranger = await runCli(['validator', 'guard'], { ATOLL_RPC_URL: node.url });
    expect(stranger.code).toBe(4);
  });
});

describe('a new validator', () => {
  const keys = newKey();

  test('is registered with the key in its file, updated, and made an authority by vote', async () => {
    const file = join(folder, 'validator-key');
    await writeFile(file, `${keys.privateKey}\n`);
    const operator = account(3);
    const register = ['validator', 'register', '--validator-key-file', file, '--name', 'alpha'];
    expectOk(await atoll(operator, ...register));
    expectOk(
      await atoll(operator, 'validator', 'update', '--validator', keys.publicKey, '--commission-bps', '250'),
    );
    const find = async () =>
      [(await validators()).validators, (await validators()).others]
        .flat()
        .find(({ consensus_key }) => consensus_key === keys.publicKey);
    expect(await find()).toMatchObject({ name: 'alpha', commission_bps: 250, operator: operator.address });
    const unchanged = await atoll(operator, 'validator', 'update', '--validator', keys.publicKey);
    expect(unchanged.code).toBe(2);
    const free = await atoll(operator, 'validator', 'unjail', '--validator', keys.publicKey);
    expect(free.code).toBe(1);
    expect(free.stderr).toContain('NOT_JAILED');
  });

  test('votes are those of operators: a parameter is changed, an unknown one is a usage error', async () => {
    expectOk(await atoll(node.operator, 'vote', 'param', 'min_fee', '50'));
    expect((await createClient({ url: node.url }).info()).params.min_fee).toBe('50');
    const stranger = await atoll(account(4), 'vote', 'param', 'min_fee', '0');
    expect(stranger.stderr).toContain('NOT_AN_AUTHORITY');
    expect((await atoll(node.operator, 'vote', 'param', 'max_fee', '1')).code).toBe(2);
    expect((await atoll(node.operator, 'vote', 'param', 'block_time_ms', 'soon')).code).toBe(2);
    // The last of the test: the new authority has no node, and the chain stops.
    expectOk(await atoll(node.operator, 'vote', 'add', keys.publicKey));
  });
});
