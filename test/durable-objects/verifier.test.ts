/** @module The signature rule in workerd: node:crypto there differs from Node's own, our rule must not. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SignatureVector } from '../support/ed25519-vectors.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { readVectors } from '../support/vectors.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode({ entry: 'test/support/objects-entry.ts', create: false, ledger: false });
});
afterAll(() => node.stop());

it('decides every Ed25519 vector in workerd as in Node, natively and in JavaScript', async () => {
  const { signatures } = readVectors<{ signatures: SignatureVector[] }>('ed25519');
  const response = await fetch(`${node.url}/vectors`, { method: 'POST', body: JSON.stringify(signatures) });
  expect(await response.json()).toEqual({ native: [], javascript: [] });
});
