/** @module A burst of bytes is sent in one turn, and not one more than that. */
import { expect, it } from 'vitest';
import { BURST_BYTES } from '../../../durable-objects/hub/limits.ts';
import { Pace } from '../../../durable-objects/hub/pace.ts';

/** Whether a promise resolves without a turn of the event loop. */
async function isAtOnce(promise: Promise<void>): Promise<boolean> {
  let resolved = false;
  void promise.then(() => {
    resolved = true;
  });
  for (let ticks = 0; ticks < 10; ticks += 1) await Promise.resolve();
  return resolved;
}

it('lets a turn send one byte less than a burst, and makes the next sender wait for the next turn', async () => {
  const pace = new Pace();
  expect(await isAtOnce(pace.sent(BURST_BYTES - 1))).toBe(true);
  const full = pace.sent(1);
  expect(await isAtOnce(full)).toBe(false);
  const another = pace.sent(1);
  expect(await isAtOnce(another)).toBe(false);
  await Promise.all([full, another]);
  expect(await isAtOnce(pace.sent(BURST_BYTES - 1))).toBe(true);
});
