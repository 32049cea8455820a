/** @module What a validator says of its own key, and whether it keeps silent. */
import { expect } from 'vitest';
import type { SigningView } from '../../shared/api/consensus-views.ts';
import { attempt, type TestObjects } from '../support/objects.ts';

export async function signing(objects: TestObjects): Promise<SigningView> {
  const answer = await (await objects.chain()).consensus();
  if (!answer.ok) throw new Error(answer.problem.detail);
  return answer.value.view.signing;
}

/** The transfer waits, and nothing has been signed since `rows`. */
export async function expectSilence(objects: TestObjects, rows: number): Promise<void> {
  const chain = await objects.chain();
  const answer = await chain.submit([objects.transfer(9, 0).bytes], { wait: 'final', wait_ms: 500 });
  expect(answer).toMatchObject({ ok: true, value: [{ ok: true, value: { status: 'pending' } }] });
  expect(await chain.count('sign_log')).toBe(rows);
}

/** Waits until the node says this of its key. */
export const untilSigningIs = (objects: TestObjects, expected: Partial<SigningView>): Promise<void> =>
  attempt(async () => expect(await signing(objects)).toMatchObject(expected));
