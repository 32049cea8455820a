import { createHash } from 'node:crypto';
import { decode as cborDecode, encode as cborEncode, diagnose } from 'cbor2';
import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import { DEFAULT_PARAMS, paramsCodec } from '../../../../shared/protocol/block/params.ts';
import { PARAM_BOUNDS } from '../../../../shared/protocol/block/params-check.ts';
import { encode } from '../../../../shared/protocol/codec/codec.ts';
import { checkGenesis, makeAuthority } from '../../../../shared/protocol/genesis/check.ts';
import { genesisFromJson, genesisToJson } from '../../../../shared/protocol/genesis/document.ts';
import { decodeGenesis, encodeGenesis, hashGenesis } from '../../../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../../../shared/protocol/genesis/genesis.ts';
import { genesisState } from '../../../../shared/protocol/genesis/state.ts';
import { AMOUNT_MAX } from '../../../../shared/protocol/primitives/amount.ts';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import type { ChainParams } from '../../../../shared/protocol/primitives/chain-params.ts';
import { consensusKeyFromBytes } from '../../../../shared/protocol/primitives/consensus-key.ts';
import { readAccount } from '../../../../shared/protocol/state/account.ts';
import { Overlay } from '../../../../shared/protocol/state/overlay.ts';
import { readSupply, SUPPLY_BURNED, SUPPLY_GENESIS } from '../../../../shared/protocol/state/supply.ts';
import { readValidators } from '../../../../shared/protocol/state/validators.ts';
import { aBilateralGenesis, aGenesis, genesisVectors } from '../../../support/genesis-vectors.ts';
import { anAddress, aSigner } from '../../../support/transactions.ts';
import vectors from '../../../vectors/genesis.json' with { type: 'json' };

const refused = (code: string, field?: string) =>
  expect.objectContaining({
    name: 'GenesisError',
    code,
    ...(field && { details: expect.objectContaining({ field }) }),
  });
const check = (genesis: Genesis) => checkGenesis(genesis, nativeVerifier);
const withParams = (params: Partial<ChainParams>) => aGenesis({ params: { ...DEFAULT_PARAMS, ...params } });

describe('frozen genesis vectors', () => {
  it('are what the code makes today', () => {
    expect(genesisVectors()).toEqual(vectors);
  });

  it.each(vectors.valid)('$name: bytes, document and hash belong together', ({ bytes, hash, document }) => {
    const genesis = decodeGenesis(fromHex(bytes));
    expect(toHex(encodeGenesis(genesis))).toBe(bytes);
    expect(hashGenesis(genesis)).toBe(hash);
    expect(genesisToJson(genesis)).toEqual(document);
    expect(genesisFromJson(document)).toEqual(genesis);
    expect(() => check(genesis)).not.toThrow();
  });

  it.each(vectors.valid)('$name: a second implementation reads and hashes the same', (vector) => {
    const bytes = fromHex(vector.bytes);
    expect(diagnose(bytes)).toBe(vector.diagnostic);
    const items = cborDecode<unknown[]>(bytes);
    expect(toHex(cborEncode(items))).toBe(vector.bytes);
    expect([items[1], items[3]]).toEqual([vector.document.chain_id, vector.document.time_ms]);
    expect(items[5]).toHaveLength(Object.keys(vector.document.params).length);
    const hash = createHash('sha256').update('atoll/genesis/v1\0').update(bytes).digest('hex');
    expect(`0x${hash}`).toBe(vector.hash);
  });

  it.each(vectors.invalid)('$code: $name', ({ code, bytes }) => {
    expect(() => decodeGenesis(fromHex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('the genesis document', () => {
  const document = JSON.parse(JSON.stringify(genesisToJson(aGenesis())));

  it('fills what it leaves out with the defaults, and so hashes the same', () => {
    const { version, chain_type, params, parties, fork_of, ...needed } = document;
    expect([version, chain_type, Object.keys(params).length, parties, fork_of]).toEqual([
      1,
      'default',
      26,
      [],
      null,
    ]);
    expect(hashGenesis(genesisFromJson(needed))).toBe(hashGenesis(aGenesis()));
    const some = genesisFromJson({ ...needed, params: { min_fee: '7', empty_blocks: 'always' } });
    expect(some.params).toEqual({ ...DEFAULT_PARAMS, minFee: 7n, emptyBlocks: 'always' });
  });

  it.each([
    ['an unknown field', { ...document, chainid: 'x' }, 'chainid'],
    ['an unknown parameter', { ...document, params: { min_fees: '1' } }, 'params.min_fees'],
    [
      'an unknown field of an item',
      { ...document, allocations: [{ address: anAddress(1), amount: '1', x: 1 }] },
      'allocations[0].x',
    ],
    [
      'an amount as a number',
      { ...document, allocations: [{ address: anAddress(1), amount: 1 }] },
      'allocations[0].amount',
    ],
    ['an amount with a sign', { ...document, params: { min_fee: '-1' } }, 'params.min_fee'],
    [
      'an amount of 2^63',
      { ...document, params: { full_stake: '9223372036854775808' } },
      'params.full_stake',
    ],
    ['a time with a fraction', { ...document, time_ms: 1.5 }, 'time_ms'],
    ['upper-case hex', { ...document, salt: `0x${'AB'.repeat(16)}` }, 'salt'],
    ['no chain id', { ...document, chain_id: undefined }, 'chain_id'],
    ['a reserved chain id', { ...document, chain_id: 'rpc' }, 'chain_id'],
    ['a list that is none', { ...document, authorities: {} }, 'authorities'],
    ['no object', [], ''],
    ['null', null, ''],
  ])('GENESIS_MALFORMED: %s', (_name, json, field) => {
    expect(() => genesisFromJson(json)).toThrow(refused('GENESIS_MALFORMED', field));
  });

  it('GENESIS_MALFORMED: what has no encoding', () => {
    for (const change of [
      { chain_type: 'other' },
      { salt: '0x00' },
      { params: { proposer_selection: 'mine' } },
    ]) {
      expect(() => genesisFromJson({ ...document, ...change })).toThrow(refused('GENESIS_MALFORMED'));
    }
  });
});

describe('checkGenesis', () => {
  const other = makeAuthority(aGenesis().chainId, aSigner(0x12), anAddress(2), 'second');
  const [first] = aGenesis().authorities;
  if (first === undefined) throw new Error('the builder names an authority');
  const smallOrder = consensusKeyFromBytes(new Uint8Array(32).map((_, index) => (index === 0 ? 1 : 0)));

  it.each<[string, Genesis]>([
    ['GENESIS_VERSION_UNKNOWN', aGenesis({ version: 2 })],
    ['GENESIS_AUTHORITY_COUNT', aGenesis({ authorities: [] })],
    [
      'GENESIS_AUTHORITY_COUNT',
      aGenesis({ authorities: [first, other], params: { ...DEFAULT_PARAMS, maxValidators: 1 } }),
    ],
    ['GENESIS_AUTHORITY_DUPLICATE', aGenesis({ authorities: [first, first] })],
    ['GENESIS_AUTHORITY_KEY', aGenesis({ authorities: [{ ...first, consensusKey: smallOrder }] })],
    ['GENESIS_POP_INVALID', aGenesis({ authorities: [{ ...first, pop: other.pop }] })],
    ['GENESIS_POP_INVALID', aGenesis({ authorities: [{ ...first, operator: anAddress(2) }] })],
    [
      'GENESIS_ALLOCATION_DUPLICATE',
      aGenesis({
        allocations: [
          { address: anAddress(1), amount: 1n },
          { address: anAddress(1), amount: 2n },
        ],
      }),
    ],
    ['GENESIS_ALLOCATION_ZERO', aGenesis({ allocations: [{ address: anAddress(1), amount: 0n }] })],
    [
      'GENESIS_SUPPLY_OVERFLOW',
      aGenesis({
        allocations: [
          { address: anAddress(1), amount: AMOUNT_MAX },
          { address: anAddress(2), amount: 1n },
        ],
      }),
    ],
    [
      'GENESIS_OPERATOR_UNFUNDED',
      aGenesis({
        params: { ...DEFAULT_PARAMS, minFee: 1n },
        allocations: [{ address: anAddress(2), amount: 9n }],
      }),
    ],
    ['GENESIS_PARTIES_INVALID', aGenesis({ parties: [anAddress(1)] })],
    ['GENESIS_PARTIES_INVALID', { ...aBilateralGenesis(), parties: [anAddress(1)] }],
    ['GENESIS_PARTIES_INVALID', { ...aBilateralGenesis(), parties: [anAddress(1), anAddress(1)] }],
    ['GENESIS_PARTIES_INVALID', { ...aBilateralGenesis(), parties: [anAddress(1), anAddress(3)] }],
    ['GENESIS_PARTIES_INVALID', { ...aBilateralGenesis(), authorities: [first] }],
  ])('%s', (code, genesis) => {
    expect(() => check(genesis)).toThrow(refused(code));
  });

  it('accepts a supply of exactly the largest amount', () => {
    expect(() =>
      check(aGenesis({ allocations: [{ address: anAddress(1), amount: AMOUNT_MAX }] })),
    ).not.toThrow();
  });

  it.each(Object.entries(PARAM_BOUNDS))(
    'GENESIS_PARAM_INVALID: %s beyond its bounds',
    (field, [min, max]) => {
      expect(() => check(withParams({ [field]: max + 1 }))).toThrow(
        refused('GENESIS_PARAM_INVALID', `params.${field}`),
      );
      if (min > 0) {
        expect(() => check(withParams({ [field]: min - 1 }))).toThrow(
          refused('GENESIS_PARAM_INVALID', `params.${field}`),
        );
      }
      const related = field === 'evidenceAgeMs' ? { unbondingMs: max } : { evidenceAgeMs: 1 };
      const atBounds =
        field === 'evidenceAgeMs' ? [min, max - 1] : field === 'unbondingMs' ? [2, max] : [min, max];
      for (const value of atBounds)
        expect(() => check(withParams({ ...related, [field]: value }))).not.toThrow();
    },
  );

  it('GENESIS_PARAM_INVALID: parameters that contradict each other', () => {
    for (const params of [
      { fullStake: 0n },
      { evidenceAgeMs: DEFAULT_PARAMS.unbondingMs },
      { emptyBlocks: 'heartbeat' as const, heartbeatIntervalMs: DEFAULT_PARAMS.blockTimeMs - 1 },
    ]) {
      expect(() => check(withParams(params))).toThrow(refused('GENESIS_PARAM_INVALID'));
    }
    const heartbeat = { emptyBlocks: 'heartbeat' as const, heartbeatIntervalMs: DEFAULT_PARAMS.blockTimeMs };
    expect(() => check(withParams(heartbeat))).not.toThrow();
  });

  it('bounds every parameter that is a number', () => {
    const numbers = Object.entries(DEFAULT_PARAMS).filter(([, value]) => typeof value === 'number');
    expect(Object.keys(PARAM_BOUNDS).sort()).toEqual(numbers.map(([name]) => name).sort());
    expect(cborDecode<unknown[]>(encode(paramsCodec, DEFAULT_PARAMS))).toHaveLength(
      Object.keys(DEFAULT_PARAMS).length,
    );
  });
});

describe('genesisState', () => {
  it('holds the accounts, the supply, what is known of the validators, their set and the time, and nothing else', () => {
    const genesis = aBilateralGenesis();
    const writes = genesisState(genesis);
    const overlay = new Overlay({ get: () => null });
    for (const { namespace, key, value } of writes) overlay.set(namespace, key, value);
    expect(overlay.writes()).toEqual(writes);
    const leaves = writes.map(({ namespace }) => namespace);
    expect(leaves.filter((namespace) => namespace === 'account')).toHaveLength(genesis.allocations.length);
    // Per namespace: two authorities with their numbers and a queue; claims, authorities and set; the first set.
    const counts = { clock: 1, supply: 2, validator: 5, 'validator-sets': 2, validators: 3 };
    for (const [namespace, count] of Object.entries(counts)) {
      expect([namespace, leaves.filter((leaf) => leaf === namespace).length]).toEqual([namespace, count]);
    }
    expect(writes).toHaveLength(genesis.allocations.length + 13);
    for (const { address, amount } of genesis.allocations) {
      expect(readAccount(overlay, address)).toEqual({ nonce: 0, balance: amount, exists: true });
    }
    expect(readSupply(overlay, SUPPLY_GENESIS)).toBe(1_000_000n + 2n ** 60n);
    expect(readSupply(overlay, SUPPLY_BURNED)).toBe(0n);
    expect(
      readValidators(overlay)
        .map(({ name, power }) => [name, power])
        .sort(),
    ).toEqual([
      ['first', 500_000_000],
      ['zweite Ø', 500_000_000],
    ]);
  });
});
