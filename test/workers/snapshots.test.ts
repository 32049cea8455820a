/** @module A node that starts from the snapshot of another one, as a file and by its routes. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChain } from '../../cli/admin.ts';
import { createClient, createSigner } from '../../sdk/index.ts';
import { runCli } from '../support/cli.ts';
import { until } from '../support/devnet.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { getJson, post } from '../support/stranger.ts';

const INTERVAL = 5;
const BLOCKS = 12;

let folder: string;
let home: TestNode;
let away: TestNode;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atoll-snapshot-'));
  home = await startTestNode({ env: { SNAPSHOT_INTERVAL: String(INTERVAL) } });
  const [from, to] = home.accounts;
  const client = createClient({ url: home.url, signer: createSigner(from?.privateKey ?? '') });
  for (let height = 1; height <= BLOCKS; height += 1) {
    await (await client.send({ to: to?.address ?? '', amount: 1n })).wait('final');
  }
  away = await startTestNode({ create: false, env: { VALIDATOR_KEY: '' } });
  await createChain({ url: away.url, adminToken: away.adminToken, genesis: home.genesis });
}, 120_000);
afterAll(async () => {
  await Promise.all([home?.stop(), away?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const file = (name: string) => join(folder, name);
const admin = () => ({ ATOLL_ADMIN_TOKEN: away.adminToken });
const code = async (response: Response) => ((await response.json()) as { code: string }).code;

describe('a snapshot', () => {
  it('is made at each interval and listed, newest first', async () => {
    await until('the second snapshot', async () => {
      const { snapshots } = await getJson<{ snapshots: { height: number }[] }>(`${home.url}/rpc/snapshots`);
      return snapshots.length === 2;
    });
    const { snapshots } = await getJson<{ snapshots: { height: number; chunks: number }[] }>(
      `${home.url}/rpc/snapshots`,
    );
    expect(snapshots.map(({ height }) => height)).toEqual([10, 5]);
  });

  it('SNAPSHOT_UNKNOWN: another height, or a chunk that it does not have', async () => {
    for (const path of ['/7', '/10/chunks/99', '/7/chunks/0']) {
      const response = await fetch(`${home.url}/rpc/snapshots${path}`);
      expect([response.status, await code(response)]).toEqual([404, 'SNAPSHOT_UNKNOWN']);
    }
  });

  it('SNAPSHOT_REFUSED: a chunk before the manifest, and anything into a chain with blocks', async () => {
    const headers = { authorization: `Bearer ${away.adminToken}` };
    const early = await post(`${away.url}/rpc/snapshots/chunks`, { position: 0, bytes: '0x80' }, headers);
    expect([early.status, await code(early)]).toEqual([409, 'SNAPSHOT_REFUSED']);
    const late = await post(
      `${home.url}/rpc/snapshots`,
      { manifest: '0x80' },
      { authorization: `Bearer ${home.adminToken}` },
    );
    expect([late.status, await code(late)]).toEqual([409, 'SNAPSHOT_REFUSED']);
  });

  it('UNAUTHORIZED: an import without the token of the administrator', async () => {
    const response = await post(`${away.url}/rpc/snapshots`, { manifest: '0x80' });
    expect(response.status).toBe(401);
  });

  it('is written to a file, and SNAPSHOT_INVALID where the file was changed', async () => {
    const written = await runCli(['snapshot', 'export', file('state'), '--rpc-url', home.url, '--json']);
    expect(JSON.parse(written.stdout)).toMatchObject({ height: 10 });
    const bytes = await readFile(file('state'));
    await writeFile(file('forged'), bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1));
    const forged = await runCli(['snapshot', 'import', file('forged'), '--rpc-url', away.url], admin());
    expect(forged.code).not.toBe(0);
    expect(forged.stderr).toContain('SNAPSHOT_INVALID');
    expect((await getJson<{ height: number }>(`${away.url}/rpc/head`)).height).toBe(0);
  });

  it('is what another node starts from, with the same state', async () => {
    const taken = await runCli(['snapshot', 'import', file('state'), '--rpc-url', away.url], admin());
    expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining('starts from height 10')]);
    await until('the head of the snapshot', async () => {
      const head = await getJson<{ height: number }>(`${away.url}/rpc/head`).catch(() => ({ height: 0 }));
      return head.height === 10;
    });
    const [there, here] = await Promise.all(
      [home, away].map(({ url }) => getJson<{ hash: string }>(`${url}/rpc/get_block/10`)),
    );
    expect(here?.hash).toBe(there?.hash);
    const account = await getJson<{ nonce: number }>(`${away.url}/rpc/accounts/${home.accounts[0]?.address}`);
    expect(account.nonce).toBe(10);
  });
});
