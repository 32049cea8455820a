/**
 * @module Sends certificates whose bitmap says more than their signatures, that name one signature often, or that
 * too few have signed.
 */
import { bitmapOf } from '../../../shared/protocol/consensus/bitmap.ts';
import type { SignedVote } from '../../../shared/protocol/consensus/message.ts';
import type { MakeBehaviour } from '../behaviour.ts';
import { frameOf } from '../frame.ts';
import { otherVote, randomHash } from './forging.ts';

export const forgedCertificate: MakeBehaviour = (random) => ({
  name: 'forged_certificate',
  afterTurn: (node) => {
    const { self, height, round, validators, proposals } = node.state;
    if (self === null || !random.chance(0.15)) return;
    const blockHash = proposals.get(round)?.proposal.blockHash ?? randomHash(random);
    const type = random.pick(['prevote', 'precommit'] as const);
    const blank = { type, height, round, blockHash, polRound: null, validator: self };
    const own: SignedVote = otherVote(node, { ...blank, signature: new Uint8Array(64) }, {});
    const isLonely = random.chance(0.4);
    const all = validators.map((_, index) => (isLonely && index !== self ? null : own));
    const bitmap = bitmapOf(all.map((vote, validator) => (vote === null ? null : { ...vote, validator })));
    if (random.chance(0.2)) bitmap.fill(0xff);
    const count = random.chance(0.5) ? all.length : random.between(1, all.length);
    const signatures = all.flatMap((vote) => (vote === null ? [] : [vote.signature])).slice(0, count);
    const certificate = { height, round, blockHash, bitmap, signatures };
    const frame = frameOf(
      type === 'prevote'
        ? { kind: 'polka', certificate: { ...certificate, polRound: null } }
        : { kind: 'commit', certificate },
    );
    for (const other of node.simulation.nodes) if (other !== node) node.send(other.index, frame);
  },
});
