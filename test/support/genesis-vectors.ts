/** @module What the frozen vectors of the genesis are made of. */
import { diagnose } from 'cbor2';
import { DEFAULT_PARAMS } from '../../shared/protocol/block/params.ts';
import { readCbor, writeCbor } from '../../shared/protocol/codec/cbor.ts';
import type { CborValue } from '../../shared/protocol/codec/codec.ts';
import { makeAuthority } from '../../shared/protocol/genesis/check.ts';
import { genesisToJson } from '../../shared/protocol/genesis/document.ts';
import { encodeGenesis, hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { parseChainId } from '../../shared/protocol/primitives/chain-id.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { anAddress, aSigner } from './transactions.ts';

const chainId = parseChainId('atoll-test');
const hash = (byte: string) => parseHash(`0x${byte.repeat(32)}`);

/** A genesis that passes its check: one authority, two funded accounts, default parameters. */
export function aGenesis(overrides: Partial<Genesis> = {}): Genesis {
  return {
    version: 1,
    chainId,
    chainType: 'default',
    timeMs: 1_763_700_000_000,
    salt: new Uint8Array(16).fill(0x5a),
    params: DEFAULT_PARAMS,
    authorities: [makeAuthority(chainId, aSigner(0x11), anAddress(1), 'first')],
    allocations: [
      { address: anAddress(1), amount: 1_000_000n },
      { address: anAddress(2), amount: 2n ** 60n },
    ],
    parties: [],
    forkOf: null,
    ...overrides,
  };
}

/** A genesis of two parties with a fork and every parameter off its default where one may be. */
export function aBilateralGenesis(): Genesis {
  return aGenesis({
    chainType: 'bilateral',
    params: { ...DEFAULT_PARAMS, emptyBlocks: 'heartbeat', minFee: 10n, feePerByte: 1n, newAccountFee: 50n },
    authorities: [
      makeAuthority(chainId, aSigner(0x11), anAddress(1), 'first'),
      makeAuthority(chainId, aSigner(0x12), anAddress(2), 'zweite Ø'),
    ],
    parties: [anAddress(1), anAddress(2)],
    forkOf: { genesisHash: hash('f0'), height: 41, blockHash: hash('f1'), stateRoot: hash('f2') },
  });
}

function withItem(index: number, value: CborValue): Uint8Array {
  const items = [...(readCbor(encodeGenesis(aGenesis())) as CborValue[])];
  items[index] = value;
  return writeCbor(items);
}

function withParam(index: number, value: CborValue): Uint8Array {
  const items = readCbor(encodeGenesis(aGenesis())) as CborValue[];
  const params = [...(items[5] as CborValue[])];
  params[index] = value;
  return withItem(5, params);
}

function invalidGenesis(): [name: string, bytes: Uint8Array][] {
  const good = encodeGenesis(aGenesis());
  const items = readCbor(good) as CborValue[];
  return [
    ['cut short', good.subarray(0, good.length - 1)],
    ['a trailing byte', new Uint8Array([...good, 0])],
    ['nine fields', writeCbor(items.slice(0, 9))],
    ['a version that is not the shortest', new Uint8Array([0x8a, 0x18, 1, ...good.subarray(2)])],
    ['a reserved chain id', withItem(1, 'default')],
    ['an upper-case chain id', withItem(1, 'Atoll')],
    ['an unknown chain type', withItem(2, 3)],
    ['a salt of 15 bytes', withItem(4, new Uint8Array(15))],
    ['an amount of 2^63 in the parameters', withParam(5, 2n ** 63n)],
    ['an unknown choice of empty blocks', withParam(1, 3)],
    ['an authority of three items', withItem(6, [[new Uint8Array(32), new Uint8Array(20), 'x']])],
    ['three parties', withItem(8, [new Uint8Array(20), new Uint8Array(20), new Uint8Array(20)])],
    ['a fork of three items', withItem(9, [new Uint8Array(32), 1, new Uint8Array(32)])],
  ];
}

function validVector(name: string, genesis: Genesis) {
  const bytes = encodeGenesis(genesis);
  const document = genesisToJson(genesis);
  return { name, hash: hashGenesis(genesis), bytes: toHex(bytes), diagnostic: diagnose(bytes), document };
}

/** The document of test/vectors/genesis.json. */
export function genesisVectors() {
  return {
    about: 'SHA-256("atoll/genesis/v1" || 0x00 || bytes); `document` is the JSON form of the same genesis',
    valid: [
      validVector('one authority', aGenesis()),
      validVector('two parties, a fork, fees', aBilateralGenesis()),
      validVector('nobody owns anything', aGenesis({ chainType: 'micro', allocations: [] })),
    ],
    invalid: invalidGenesis().map(([name, bytes]) => ({
      name,
      code: 'GENESIS_MALFORMED',
      bytes: toHex(bytes),
    })),
  };
}
