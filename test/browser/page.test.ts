/** @module What a person and a program do in a browser: the try-it page, the SDK, and the signature rule. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignatureVector } from '../support/ed25519-vectors.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { readVectors } from '../support/vectors.ts';
import { bundleForPage, launchChromium } from './chromium.ts';

const SCREENSHOTS = join(import.meta.dirname, '../../.atoll/screenshots');
let browser: Browser;
let node: TestNode;
let script: string;

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  [browser, node, script] = await Promise.all([
    launchChromium(),
    startTestNode(),
    bundleForPage(join(import.meta.dirname, '../support/browser-entry.ts')),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await node?.stop();
});

/** A page of the node's own origin with our script in it; faults of the page fail the test. */
async function open(path: string, run?: (page: Page) => Promise<void>): Promise<void> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (line) => {
    if (line.type() === 'error') faults.push(line.text());
  });
  try {
    await page.goto(`${node.url}${path}`);
    await run?.(page);
    expect(faults).toEqual([]);
  } finally {
    await page.close();
  }
}

describe('the try-it page', () => {
  it.for(['/docs', '/api/v1/docs/'])(
    'at %s lists the operations and runs one, offline and without faults',
    async (path) => {
      await open(path, async (page) => {
        const operation = page.locator('#operations-head-getHead, [id$="-getHead"]').first();
        await operation.waitFor();
        await operation.getByRole('button').first().click();
        await operation.getByRole('button', { name: 'Try it out' }).click();
        await operation.getByRole('button', { name: 'Execute' }).click();
        const answer = operation.locator('.live-responses-table tr.response .response-col_status').first();
        await answer.waitFor();
        expect(await answer.innerText()).toContain('200');
        expect(await operation.locator('.live-responses-table').innerText()).toContain(node.genesisHash);
        await page.screenshot({
          path: join(SCREENSHOTS, `docs${path.replaceAll('/', '-')}.png`),
          fullPage: false,
        });
      });
    },
  );
});

describe('in Chromium', () => {
  it('the JavaScript verifier decides every Ed25519 vector as Node and workerd do', async () => {
    const { signatures } = readVectors<{ signatures: SignatureVector[] }>('ed25519');
    await open('/docs', async (page) => {
      await page.evaluate(script);
      const failures = await page.evaluate(
        (vectors) =>
          (globalThis as unknown as { verifyVectors(v: unknown): string[] }).verifyVectors(vectors),
        signatures,
      );
      expect(signatures.length).toBeGreaterThan(20);
      expect(failures).toEqual([]);
    });
  });

  it('the SDK sends a transfer and sees it final on a subscription', async () => {
    const [from, to] = node.accounts;
    await open('/docs', async (page) => {
      await page.evaluate(script);
      const result = await page.evaluate(
        (input) =>
          (
            globalThis as unknown as {
              sendAndSee(...a: string[]): Promise<{ hash: string; height: number; seen: string[] }>;
            }
          ).sendAndSee(...input),
        [node.url, from?.privateKey ?? '', to?.address ?? ''],
      );
      expect(result.seen).toEqual([result.hash]);
      const block = await (await fetch(`${node.url}/rpc/get_block/${result.height}`)).json();
      expect(JSON.stringify(block)).toContain(result.hash);
    });
  });
});
