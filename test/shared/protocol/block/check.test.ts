import { describe, expect, it } from 'vitest';
import { BlockError } from '../../../../shared/protocol/block/block-error.ts';
import { checkBlock, isContentAllowed } from '../../../../shared/protocol/block/check.ts';
import { DEFAULT_PARAMS } from '../../../../shared/protocol/block/params.ts';
import { evidenceHash } from '../../../../shared/protocol/block/roots.ts';
import { EVIDENCE_BYTES_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import { InMemoryChain } from '../../../support/in-memory-chain.ts';

describe('the rule on empty blocks', () => {
  const parentTimeMs = 1_000;
  const empty = { transactions: 0, evidence: 0 };
  const later = (ms: number) => ({ ...empty, timeMs: parentTimeMs + ms });

  it('never: a block has a transaction or evidence', () => {
    expect(isContentAllowed(DEFAULT_PARAMS, parentTimeMs, later(1_000_000))).toBe(false);
    expect(isContentAllowed(DEFAULT_PARAMS, parentTimeMs, { ...later(0), transactions: 1 })).toBe(true);
    expect(isContentAllowed(DEFAULT_PARAMS, parentTimeMs, { ...later(0), evidence: 1 })).toBe(true);
  });

  it('heartbeat: or the interval has passed since the parent', () => {
    const params = { ...DEFAULT_PARAMS, emptyBlocks: 'heartbeat', heartbeatIntervalMs: 500 } as const;
    expect(isContentAllowed(params, parentTimeMs, later(499))).toBe(false);
    expect(isContentAllowed(params, parentTimeMs, later(500))).toBe(true);
    expect(isContentAllowed(params, parentTimeMs, { ...later(1), transactions: 1 })).toBe(true);
  });

  it('always: any block', () => {
    const params = { ...DEFAULT_PARAMS, emptyBlocks: 'always' } as const;
    expect(isContentAllowed(params, parentTimeMs, later(0))).toBe(true);
  });
});

describe('checkBlock', () => {
  it('takes evidence of the size allowed for one block and not a byte more', () => {
    const chain = new InMemoryChain();
    const { chainId, params } = chain.genesis;
    const { block, body } = chain.build([]);
    const check = (bytes: number): void => {
      const evidence = [new Uint8Array(bytes - 1), new Uint8Array(1)];
      const header = { ...block.header, evidenceHash: evidenceHash(evidence) };
      const { parent } = chain;
      const bodyBytes = body.length;
      const changed = { ...block, header, evidence };
      checkBlock({ chainId, params, parent, block: changed, bodyBytes, hasPendingWork: false });
    };
    expect(() => check(EVIDENCE_BYTES_MAX)).not.toThrow();
    expect(() => check(EVIDENCE_BYTES_MAX + 1)).toThrow(BlockError);
  });
});
