/** @module A height that each chain surely has, for answers that reflect no height of their own. */
import type { ChainRecord } from '../../shared/api/objects.ts';
import type { Answer } from '../context.ts';
import { type Env, nodeStub } from '../env.ts';
import { ExpiringMap } from './lru.ts';
import { callObject } from './objects.ts';

/** Chains whose height an isolate remembers. */
const SEEN_MAX = 1_000;
/** How long a remembered height is good enough, in milliseconds. */
const SEEN_TTL_MS = 1_000;

const seen = new ExpiringMap<number>(SEEN_MAX, SEEN_TTL_MS);

/** An answer reflected this height. */
export function rememberHeight(chain: ChainRecord, height: number): void {
  const now = Date.now();
  seen.set(chain.genesis_hash, Math.max(height, seen.get(chain.genesis_hash, now) ?? 0), now);
}

/** The highest height that an answer of this isolate has reflected a moment ago; 0 for none. */
export function seenHeight(chain: ChainRecord): number {
  return seen.get(chain.genesis_hash, Date.now()) ?? 0;
}

/** The answer with a height that was seen a moment ago, else with the one that the node knows. */
export async function withHeight(answer: Answer, env: Env, chain: ChainRecord): Promise<Answer> {
  const known = seen.get(chain.genesis_hash, Date.now());
  if (known !== undefined) return { ...answer, height: known };
  const snapshot = await callObject(() => nodeStub(env).chainSnapshot(chain.chain_id));
  const height = snapshot?.head.height ?? 0;
  rememberHeight(chain, height);
  return { ...answer, height };
}
