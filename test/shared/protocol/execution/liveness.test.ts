import { describe, expect, it } from 'vitest';
import { isAbsentee, readLiveness } from '../../../../shared/protocol/state/liveness.ts';
import { readValidators } from '../../../../shared/protocol/state/validators.ts';
import { aGenesis, aSigner, type GenesisOptions } from '../../../support/in-memory-chain.ts';
import { StakingChain, validatorKey } from '../../../support/staking-chain.ts';

const WINDOW = 40;
const JAIL_MS = 5_000;
const operator = (index: number) => aSigner(`operator ${index}`);

function aChain(options: GenesisOptions = {}): StakingChain {
  const params = {
    emptyBlocks: 'always',
    signedWindowBlocks: WINDOW,
    jailMs: JAIL_MS,
    slashDowntimeBps: 1_000,
    ...options.params,
  } as const;
  return new StakingChain(aGenesis({ validators: 4, ...options, params }));
}

/** Blocks that nobody of `absent` signs; the incidents of all of them. */
function run(chain: StakingChain, blocks: number, absent: readonly number[] = []) {
  const keys = absent.map(validatorKey);
  return Array.from({ length: blocks }, () => chain.produce([], { absent: keys })).flatMap(
    ({ incidents }) => incidents,
  );
}

describe('missed signatures', () => {
  it('are counted over a window, and what leaves the window is forgotten', () => {
    const chain = aChain();
    run(chain, 3, [1]);
    run(chain, 1);
    expect(chain.view(1).missed).toBe(3);
    run(chain, WINDOW - 3);
    expect(chain.view(1).missed).toBe(3);
    run(chain, 3);
    expect(chain.view(1).missed).toBe(0);
  });

  it('cost nothing to a chain whose validators all sign', () => {
    const chain = aChain();
    run(chain, 3);
    const namespaces = new Set(chain.state.leaves().map(({ namespace }) => namespace));
    expect(namespaces.has('liveness')).toBe(false);
  });

  it('jail after a full window, without a slash where authorities hold all power', () => {
    const chain = aChain();
    // The commit of block WINDOW, the last of the first full window, is in the block above it.
    expect(run(chain, WINDOW, [1])).toEqual([]);
    const { incidents, nextValidators } = chain.produce();
    expect(incidents).toEqual([{ kind: 'jailed', validator: validatorKey(1), burned: 0n }]);
    expect(nextValidators).toHaveLength(3);
    expect(chain.view(1)).toMatchObject({
      status: 'jailed',
      power: 0,
      isAuthority: true,
      jailedUntilMs: chain.parent.timeMs + JAIL_MS,
    });
  });

  it('jail and slash where stake has power', () => {
    const params = { authorityWeightBps: 5_000, fullStake: 1_000n };
    const chain = aChain({ params });
    const stake = { consensusKey: validatorKey(1), amount: 1_000n };
    chain.produce(
      [0, 1, 2, 3].map((index) =>
        chain.sign(aSigner(`account ${index}`), 'stake', { ...stake, consensusKey: validatorKey(index) }),
      ),
    );
    const incidents = run(chain, WINDOW + 3, [1]);
    expect(incidents).toEqual([{ kind: 'jailed', validator: validatorKey(1), burned: 100n }]);
    expect(chain.view(1).stake).toBe(900n);
    expect(chain.burned).toBe(100n);
  });

  it('never jail so many that those left hold two thirds or less of all claims', () => {
    const chain = aChain({ validators: 7 });
    const absent = [1, 2];
    const jailed = run(chain, WINDOW + 2, absent).map(({ validator }) => validator);
    expect(jailed.sort()).toEqual(absent.map(validatorKey).sort());
    // Five of seven are free. A third one would leave four: it stays, though it signs nothing any more.
    const spared = run(chain, 2 * WINDOW, [3]);
    expect(spared).toEqual([]);
    expect(readValidators(chain.state)).toHaveLength(5);
    expect(chain.view(3).missed).toBe(WINDOW);
  });

  it.each([
    ['a twentieth of the window signed', 2, 1 / 4, false],
    ['one less than a twentieth', 1, 1 / 4, true],
    ['half the share of a small power signed', 1, 1 / 20, false],
    ['less than half the share of a small power', 0, 1 / 20, true],
  ])('%s', (_what, signed, share, expected) => {
    const liveness = { sinceHeight: 1, missed: WINDOW - signed };
    const at = { height: WINDOW, window: WINDOW, power: share * 1_000_000_000, total: 1_000_000_000 };
    expect(isAbsentee(liveness, at)).toBe(expected);
    expect(isAbsentee({ ...liveness, sinceHeight: 2 }, at)).toBe(false);
  });
});

describe('unjail', () => {
  function jailed(): StakingChain {
    const chain = aChain();
    run(chain, WINDOW + 1, [1]);
    expect(chain.view(1).status).toBe('jailed');
    return chain;
  }
  const unjail = (chain: StakingChain, by = operator(1)) =>
    chain.sign(by, 'unjail', { consensusKey: validatorKey(1) });

  it('VALIDATOR_STILL_JAILED: to the millisecond; then it returns, and its count starts anew', () => {
    const chain = jailed();
    const { receipts } = chain.produce([unjail(chain)], { afterMs: JAIL_MS - 1 });
    expect(receipts[0]?.status).toBe(13);
    expect(chain.status(unjail(chain))).toBe('OK');
    expect(chain.view(1)).toMatchObject({ status: 'active', power: 250_000_000, missed: 0 });
    const { height } = chain.parent;
    expect(readLiveness(chain.state, validatorKey(1))).toEqual({ sinceHeight: height + 1, missed: 0 });
    // Absent again: jailed after a window of its own, not by what it missed before.
    expect(run(chain, WINDOW, [1])).toEqual([]);
    expect(run(chain, 1, [])).toMatchObject([{ kind: 'jailed' }]);
  });

  it('is for the operator of a jailed validator', () => {
    const chain = jailed();
    expect(chain.status(unjail(chain, operator(0)))).toBe('NOT_THE_OPERATOR');
    const free = chain.sign(operator(0), 'unjail', { consensusKey: validatorKey(0) });
    expect(chain.status(free)).toBe('VALIDATOR_NOT_JAILED');
  });
});
