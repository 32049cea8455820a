/** @module The restore guard of a validator with a quarter of the power: what its peers' chain says of its key. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChain } from '../../cli/admin.ts';
import { createClient } from '../../sdk/index.ts';
import { attempt } from '../support/objects.ts';
import { loseObjects, StoredCopy, whileHalted } from '../support/stored-objects.ts';
import { heightOf, signingOf, TwoNodes } from './two-nodes.ts';

const QUIET_HEIGHTS = 10;

let nodes: TwoNodes;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atoll-copy-'));
  nodes = await TwoNodes.start();
}, 120_000);
afterAll(async () => {
  await nodes?.stop();
  await rm(folder, { recursive: true, force: true });
});

const until = (expected: object) =>
  attempt(async () => expect(await signingOf(nodes.small)).toMatchObject(expected));
const caughtUp = (height: number) => attempt(async () => expect(await heightOf(nodes.small)).toBe(height));

/** Whether the smaller validator has signed a height, as the chain of the greater one knows. */
async function hasSigned(height: number): Promise<boolean> {
  const { last_commit } = (await createClient({ url: nodes.great.url }).blocks.get(
    height + 1,
  )) as unknown as {
    last_commit: { signatures: string[] };
  };
  return last_commit.signatures.length === 2;
}

/** Blocks until the smaller validator has signed one. */
async function untilSigned(): Promise<number> {
  for (;;) {
    const height = await nodes.block();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await nodes.block();
    if (await hasSigned(height)) return height + 1;
  }
}

describe('a validator with less than a third of the power', { timeout: 120_000 }, () => {
  it('does not sign on a fresh deployment of a chain that exists, until ten heights have passed without it', async () => {
    const last = await untilSigned();
    await whileHalted(nodes.small, async () => {
      await loseObjects(nodes.small.persistDir, 'chain');
      await loseObjects(nodes.small.persistDir, 'node');
    });
    const { url, adminToken } = nodes.small;
    await createChain({ url, adminToken, genesis: nodes.great.genesis });
    await until({ status: 'guarded', reason: 'new_key', source: 'peers' });
    let height = await nodes.block();
    await caughtUp(height);
    // Its own signatures of before are in the blocks that it has fetched: the count begins after them.
    const quiet = (await signingOf(nodes.small)).quiet_heights ?? 0;
    expect(quiet).toBeLessThanOrEqual(height - last + 1);
    const first = height;
    while ((await signingOf(nodes.small)).status === 'guarded') {
      height = await nodes.block();
      await caughtUp(height);
      expect(height).toBeLessThanOrEqual(first + QUIET_HEIGHTS);
    }
    for (let at = last + 2; at < height; at += 1) expect(await hasSigned(at), `height ${at}`).toBe(false);
    expect(await untilSigned()).toBeGreaterThan(height);
    expect(await signingOf(nodes.small)).toMatchObject({ status: 'ready', reason: null });
  });

  it('does not sign from an older copy of its whole storage once it meets its own signatures', async () => {
    let copy: StoredCopy | null = null;
    await whileHalted(nodes.small, async () => {
      copy = await StoredCopy.take(nodes.small.persistDir, folder, ['chain', 'node']);
    });
    await untilSigned();
    await untilSigned();
    await whileHalted(nodes.small, async () => copy?.restore());
    const height = await nodes.block();
    await caughtUp(height);
    await until({ status: 'guarded', reason: 'own_signature', source: 'peers' });
    await nodes.block();
    expect(await hasSigned(height)).toBe(false);
    // The word of the operator is enough, at once.
    const client = { url: nodes.small.url, token: nodes.small.adminToken };
    const marked = await fetch(`${client.url}/validator/mark`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ height: height + 1 }),
    });
    expect(await marked.json()).toMatchObject({ status: 'ready' });
    await untilSigned();
  });

  it('catches up and signs as it was after a mere absence', async () => {
    await whileHalted(nodes.small, async () => {
      for (let count = 0; count < 3; count += 1) await nodes.block();
    });
    await untilSigned();
    expect(await signingOf(nodes.small)).toMatchObject({ status: 'ready', reason: null });
  });

  it('does not sign from the storage of another validator', async () => {
    const { privateKey } = nodes.small.validator;
    await nodes.small.halt();
    await nodes.great.restart({ ...nodes.peersOfGreat, VALIDATOR_KEY: privateKey });
    await attempt(async () =>
      expect(await signingOf(nodes.great)).toMatchObject({
        status: 'guarded',
        reason: 'new_key',
        source: 'storage',
        mark: null,
      }),
    );
    await nodes.small.restart();
  });
});
