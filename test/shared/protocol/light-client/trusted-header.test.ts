/** @module Trust moves along certificates only, over changes of the set, and never to what is forged. */
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import {
  decodeLightBlock,
  encodeLightBlock,
  type LightBlock,
} from '../../../../shared/protocol/light-client/light-block.ts';
import type { LightClientErrorCode } from '../../../../shared/protocol/light-client/light-client-error.ts';
import { chooseTrail, followTrail } from '../../../../shared/protocol/light-client/trail.ts';
import { type TrustedHeader, trust } from '../../../../shared/protocol/light-client/trusted-header.ts';
import { parseChainId } from '../../../../shared/protocol/primitives/chain-id.ts';
import { aSigner } from '../../../support/in-memory-chain.ts';
import { LightChain } from '../../../support/light-chain.ts';

const VALIDATORS = 4;
let light: LightChain;

/** Four validators, of whom one after the other is voted out and a new one in, until none of the first is left. */
beforeAll(() => {
  light = new LightChain(VALIDATORS);
  let members = [0, 1, 2, 3];
  for (let next = VALIDATORS; next < 2 * VALIDATORS; next += 1) {
    light.produce([light.chain.register(aSigner(`operator ${next}`), next)]);
    light.vote('add', next, members.slice(0, Math.floor(members.length / 2) + 1));
    members = [...members, next];
    const [out = 0] = members;
    light.vote('remove', out, members.slice(1, Math.floor(members.length / 2) + 2));
    members = members.slice(1);
  }
  light.produce([light.chain.register(aSigner('account 1'), 11)]);
});

const refusal = (code: LightClientErrorCode) => expect.objectContaining({ code });
const refuses = (from: TrustedHeader, block: LightBlock, code: LightClientErrorCode) =>
  expect(() => trust(from, block, nativeVerifier)).toThrow(refusal(code));

describe('trust', () => {
  it('moves from the genesis through every height, and the trusted header is the one that was shown', () => {
    const end = followTrail(light.genesis, light.lights, nativeVerifier);
    const last = light.lights.at(-1);
    expect(end.height).toBe(last?.header.height);
    expect(end.validators).toEqual(last?.validators);
  });

  it('jumps while more than a third of the trusted set signs', () => {
    const changed = light.lights.find(({ validators }) => validators.length === VALIDATORS + 1) as LightBlock;
    expect(trust(light.genesis, changed, nativeVerifier).height).toBe(changed.header.height);
  });

  it('LIGHT_TRUST_TOO_LOW: a set of strangers convinces nobody, however many they are', () => {
    refuses(light.genesis, light.lights.at(-1) as LightBlock, 'LIGHT_TRUST_TOO_LOW');
  });

  it('LIGHT_CERTIFICATE_INVALID: a signature that does not hold', () => {
    const block = light.light(1);
    const [first = new Uint8Array(64), ...rest] = block.certificate.signatures;
    const signatures = [first.with(0, (first[0] ?? 0) ^ 1), ...rest];
    refuses(
      light.genesis,
      { ...block, certificate: { ...block.certificate, signatures } },
      'LIGHT_CERTIFICATE_INVALID',
    );
  });

  it('LIGHT_CERTIFICATE_INVALID: a header that was changed after it was signed', () => {
    const block = light.light(2);
    const header = { ...block.header, stateRoot: block.header.parentHash };
    refuses(light.genesis, { ...block, header }, 'LIGHT_CERTIFICATE_INVALID');
  });

  it('LIGHT_VALIDATORS_MISMATCH: a set beside the one of the header', () => {
    const block = light.light(2);
    refuses(light.genesis, { ...block, validators: block.validators.slice(1) }, 'LIGHT_VALIDATORS_MISMATCH');
  });

  it('LIGHT_VALIDATORS_MISMATCH: a child with a set that its parent did not promise', () => {
    const from = { ...light.genesis, nextValidatorsHash: light.genesis.hash };
    refuses(from, light.light(1), 'LIGHT_VALIDATORS_MISMATCH');
  });

  it('LIGHT_PARENT_MISMATCH: the next height on another parent', () => {
    refuses(
      { ...light.genesis, hash: light.light(1).header.txRoot },
      light.light(1),
      'LIGHT_PARENT_MISMATCH',
    );
  });

  it('LIGHT_HEIGHT_NOT_ABOVE, LIGHT_TIME_NOT_ABOVE, LIGHT_CHAIN_MISMATCH: what is not ahead, or elsewhere', () => {
    const first = trust(light.genesis, light.light(1), nativeVerifier);
    refuses(first, light.light(1), 'LIGHT_HEIGHT_NOT_ABOVE');
    refuses({ ...first, timeMs: first.timeMs + 1_000_000_000 }, light.light(2), 'LIGHT_TIME_NOT_ABOVE');
    refuses({ ...light.genesis, chainId: parseChainId('other') }, light.light(1), 'LIGHT_CHAIN_MISMATCH');
  });
});

describe('a trail', () => {
  const lastOfEachSet = () =>
    light.lights.filter(({ header }) => header.validatorsHash !== header.nextValidatorsHash);

  it('is one step where the set has not changed much, and carries trust', () => {
    const target = light.light(3);
    const trail = chooseTrail(light.genesis, lastOfEachSet(), target);
    expect(trail).toEqual([target]);
  });

  it('leads over a set of whom nobody is left, in fewer steps than there were changes', () => {
    const target = light.lights.at(-1) as LightBlock;
    const candidates = lastOfEachSet();
    const trail = chooseTrail(light.genesis, candidates, target) ?? [];
    expect(trail.length).toBeGreaterThan(1);
    expect(trail.length).toBeLessThan(candidates.length);
    expect(followTrail(light.genesis, trail, nativeVerifier).height).toBe(target.header.height);
  });

  it('is null where a change of the set is missing', () => {
    expect(chooseTrail(light.genesis, [], light.lights.at(-1) as LightBlock)).toBeNull();
  });
});

describe('a light block', () => {
  it('is the same after encoding and decoding', () => {
    const block = light.light(5);
    expect(decodeLightBlock(encodeLightBlock(block))).toEqual(block);
  });
});
