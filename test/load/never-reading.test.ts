/**
 * @module A thousand sockets that never read, and ten thousand blocks: workerd does not grow by what they leave unread,
 * and a subscriber that reads gets every block.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BACKLOG_BYTES_MAX, CREDIT_BYTES_MIN } from '../../durable-objects/hub/limits.ts';
import { createClient } from '../../sdk/index.ts';
import { until } from '../support/devnet.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { RawSubscribers } from '../support/raw-subscribers.ts';
import { getJson } from '../support/stranger.ts';
import { WorkerdMemory } from '../support/workerd-memory.ts';

const SOCKETS = 1_000;
const BLOCKS = 10_000;
const GROWTH_BYTES_MAX = 50 * 1024 * 1024;
/** Blocks before the first look: code is compiled and the ledger has its schema. */
const WARM_UP_BLOCKS = 300;
/**
 * Between two collections of garbage: the platform collects at its 128 MB, which local workerd does not know, and what is
 * to be measured is what the node holds.
 */
const COLLECT_EVERY_BLOCKS = 500;
const POLL_MS = 200;
/** Ten blocks a second where a hundred are usual. */
const BLOCKS_MS_MAX = 1_000_000;
/** Frames that are no events: hello, subscribed, a few changes of credit, lagged, close. */
const OTHER_BYTES_MAX = 2_048;
/** Sockets that read at last. */
const READING_AT_LAST = [0, 499, 999];
const MB = 1024 * 1024;

let node: TestNode;

beforeAll(async () => {
  node = await startTestNode({ inspector: true, params: { emptyBlocks: 'always' } });
});
afterAll(() => node?.stop());

const head = async () => (await getJson<{ height: number }>(`${node.url}/rpc/get_head`)).height;

async function untilHeight(height: number): Promise<void> {
  for (const end = Date.now() + BLOCKS_MS_MAX; (await head()) < height; ) {
    if (Date.now() > end) throw new Error(`no block ${height} within ${BLOCKS_MS_MAX} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

test(
  `${SOCKETS} sockets that never read cost less than ${GROWTH_BYTES_MAX / MB} MB in ${BLOCKS} blocks`,
  async () => {
    await untilHeight(WARM_UP_BLOCKS);
    const memory = await WorkerdMemory.of(node);
    const silent = await RawSubscribers.open(node.wsUrl, SOCKETS);
    const before = await memory.resident();
    const first = await head();
    await silent.send({ id: 1, type: 'subscribe', topic: 'new_blocks' });
    const { heights, controller, reading } = read(first + 1);
    for (let made = 0; made < BLOCKS; made += COLLECT_EVERY_BLOCKS) {
      await untilHeight(first + made + COLLECT_EVERY_BLOCKS);
      await memory.collect();
    }
    const after = await memory.resident();
    const unread = await silent.held();
    const sum = unread.reduce((total, bytes) => total + bytes, 0);
    console.log(
      `workerd: ${Math.round(before / MB)} MB with ${SOCKETS} sockets, ${Math.round(after / MB)} MB after ` +
        `${BLOCKS} blocks; ${Math.round(sum / 1024)} KiB unread`,
    );
    expect(after - before).toBeLessThan(GROWTH_BYTES_MAX);

    // Each was sent its share, and all together no more than the hub has: the kernel holds what workerd does not.
    expect(Math.min(...unread)).toBeGreaterThan(CREDIT_BYTES_MIN);
    expect(sum).toBeLessThan(BACKLOG_BYTES_MAX + SOCKETS * (CREDIT_BYTES_MIN + OTHER_BYTES_MAX));
    for (const index of READING_AT_LAST) {
      const { frames, closeCode } = await silent.read(index);
      expect(closeCode).toBe(4408);
      const seen = frames.filter(({ type }) => type === 'event').map(({ height }) => Number(height));
      const [from = 0] = seen;
      expect(seen).toEqual(seen.map((_, at) => from + at));
      expect(frames.filter(({ type }) => type === 'lagged')).toHaveLength(1);
      expect(frames.at(-1)).toMatchObject({ type: 'lagged', from: from + seen.length });
    }
    // Who reads is not held up by who does not.
    await until('the reader', () => (heights.at(-1) ?? 0) >= first + BLOCKS);
    controller.abort();
    await reading;
    expect(heights).toEqual(heights.map((_, at) => first + 1 + at));
    silent.close();
    memory.close();
  },
  BLOCKS_MS_MAX,
);

/** A subscriber that reads everything from a height on. */
function read(fromHeight: number): {
  heights: number[];
  controller: AbortController;
  reading: Promise<void>;
} {
  const controller = new AbortController();
  const heights: number[] = [];
  const events = createClient({ url: node.url }).subscribe('new_blocks', {
    fromHeight,
    signal: controller.signal,
  });
  const reading = (async () => {
    for await (const { height } of events) heights.push(height);
  })();
  return { heights, controller, reading };
}
