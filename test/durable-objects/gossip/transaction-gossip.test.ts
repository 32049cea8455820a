/** @module The way of a transaction: a beacon over many nodes, what is seen twice, who asks whom, hops, and repetition. */
import { describe, expect, it } from 'vitest';
import {
  HOPS_MAX,
  REOFFER_FIRST_MS,
  WANT_DELAY_MS,
  WANT_TIMEOUT_MS,
} from '../../../durable-objects/chain/gossip/limits.ts';
import { seeded } from '../../support/seeded.ts';
import { keyOf, LINK_MS, Mesh, type MeshPlan } from './mesh.ts';

/** Four validators; each follower follows three random nodes before it. */
function randomMesh(seed: string, nodes: number): MeshPlan {
  const random = seeded(seed);
  const upstreams: Record<number, number[]> = {};
  for (let index = 4; index < nodes; index++) {
    const own = new Set<number>();
    while (own.size < 3) own.add(Math.floor(random.unit() * index));
    upstreams[index] = [...own];
  }
  return { nodes, upstreams };
}

const frames = (mesh: Mesh, kind: string) =>
  mesh.nodes.flatMap(({ sent }) => sent).filter(({ frame }) => frame.kind === kind);

describe('a beacon', () => {
  it.each([4, 7, 40])('from any of %i nodes reaches all, once each', (count) => {
    for (let from = 0; from < count; from += 3) {
      const mesh = new Mesh(randomMesh(`beacon ${count}`, count));
      const hash = mesh.publish(from, 'beacon');
      const started = mesh.nowMs;
      mesh.run(REOFFER_FIRST_MS - 100);
      const copies = frames(mesh, 'transactions').length / (count - 1);
      mesh.run(1_000);
      const others = mesh.nodes.filter((_, index) => index !== from);
      expect(others.map(({ handed }) => handed.map((one) => one.hash))).toEqual(others.map(() => [hash]));
      const slowest = Math.max(...others.map(({ handed }) => (handed[0]?.atMs ?? Infinity) - started));
      expect(slowest).toBeLessThan(HOPS_MAX * (2 * LINK_MS + WANT_DELAY_MS));
      expect(copies).toBeLessThan(1.6);
      // What still waits is offered again by those who are not sure that a validator has it.
      expect(frames(mesh, 'transactions').length / (count - 1)).toBeLessThan(2);
      for (const { meter, handed } of others) {
        const { delivered, latency_seconds: latency } = meter.read();
        expect(delivered).toEqual({ transaction: 1 });
        expect(latency.transaction?.sum).toBeCloseTo(((handed[0]?.atMs ?? 0) - started) / 1_000, 6);
      }
    }
  });

  it('is pushed to every validator by the first one, and announced to the others', () => {
    const mesh = new Mesh({ nodes: 6, upstreams: { 4: [0], 5: [0] } });
    mesh.publish(4, 'pushed');
    mesh.run(LINK_MS + 1);
    const pushes = frames(mesh, 'transactions').map(({ to }) => to);
    expect(pushes.sort()).toEqual([0, 1, 2, 3]);
    expect(mesh.at(0).sent.filter(({ frame }) => frame.kind === 'have_transactions')).toMatchObject([
      { to: 5 },
    ]);
  });

  it('goes to the one who asked last when the first does not answer', () => {
    const mesh = new Mesh({ nodes: 4, upstreams: { 2: [0], 3: [2, 1] } });
    mesh.cut.add('2/3');
    const hash = mesh.publish(2, 'a');
    mesh.at(3).gossip.receiveAnnouncement(keyOf(2), [hash], mesh.nowMs);
    mesh.run(LINK_MS + 5);
    mesh.at(3).gossip.receiveAnnouncement(keyOf(1), [hash], mesh.nowMs);
    mesh.run(WANT_DELAY_MS + WANT_TIMEOUT_MS + 3 * LINK_MS);
    const asked = mesh.at(3).sent.filter(({ frame }) => frame.kind === 'want_transactions');
    expect(asked.map(({ to }) => to)).toEqual([2, 1]);
    expect(mesh.at(3).handed.map((one) => one.hash)).toEqual([hash]);
  });
});

describe('a transaction that was seen', () => {
  it('is not handed over again, whoever sends it, also when it is no longer pending', () => {
    const mesh = new Mesh({ nodes: 3, upstreams: {} });
    const hash = mesh.publish(0, 'once');
    mesh.run(100);
    const [first] = mesh.at(0).sent;
    if (first === undefined) throw new Error('it was pushed');
    mesh.at(1).pool.clear();
    mesh.at(1).gossip.settle([hash], mesh.nowMs);
    for (let again = 0; again < 1_000; again++) mesh.fly(2, 1, first.frame);
    mesh.run(100);
    expect(mesh.at(1).handed).toHaveLength(1);
    expect(mesh.at(1).meter.read().duplicates).toEqual({ transaction: 1_000 });
  });

  it('counts as seen when a block brought it first', () => {
    const mesh = new Mesh({ nodes: 2, upstreams: {} });
    const hash = mesh.publish(0, 'in a block');
    mesh.at(1).gossip.settle([hash], mesh.nowMs);
    mesh.run(100);
    expect(mesh.at(1).handed).toEqual([]);
  });

  it('is looked at anew when it was refused, and never again when it is invalid', () => {
    const mesh = new Mesh({ nodes: 2, upstreams: {} });
    const verdicts = { refused: mesh.publish(0, 'refused'), invalid: mesh.publish(0, 'invalid') };
    mesh.at(1).verdict = (hash) => (hash === verdicts.invalid ? 'invalid' : 'refused');
    mesh.run(100);
    mesh.at(1).verdict = () => 'admitted';
    for (const { frame } of mesh.at(0).sent) mesh.fly(0, 1, frame);
    mesh.run(100);
    expect(mesh.at(1).handed.map((one) => one.hash)).toEqual([verdicts.refused]);
    expect(mesh.at(1).invalid).toEqual([keyOf(0)]);
    expect(mesh.at(1).meter.read().dropped).toEqual({ refused: 1, invalid: 1 });
  });
});

describe('hops', () => {
  /** A line behind one validator: node n follows node n - 1. */
  const line = (nodes: number): MeshPlan => ({
    nodes,
    upstreams: Object.fromEntries(Array.from({ length: nodes - 1 }, (_, index) => [index + 1, [index]])),
  });

  it('end at their limit: the node there has it and passes it on to nobody', () => {
    const mesh = new Mesh(line(HOPS_MAX + 3));
    mesh.publish(0, 'far');
    mesh.run(5_000);
    const reached = mesh.nodes.map(({ handed }) => handed.length);
    expect(reached).toEqual([0, ...Array(HOPS_MAX).fill(1), 0, 0]);
    expect(mesh.at(HOPS_MAX).meter.read().dropped).toEqual({ hops: 1 });
  });

  it('are counted by each node, not believed: a frame without one is none', () => {
    const mesh = new Mesh(line(2));
    expect(() => mesh.fly(0, 1, { kind: 'transactions', hops: 0, bornMs: 0, transactions: [] })).toThrow();
  });
});

describe('two followers that follow through each other', () => {
  it('pass on to the validator what either took while the other was not linked to it', () => {
    const mesh = new Mesh({ nodes: 3, upstreams: { 1: [0, 2], 2: [1] } });
    mesh.cut.add('1/0');
    const hash = mesh.publish(2, 'mutual');
    mesh.run(100);
    mesh.cut.clear();
    mesh.run(2 * REOFFER_FIRST_MS);
    expect(mesh.at(0).handed.map((one) => one.hash)).toEqual([hash]);
  });
});

describe('a follower whose upstream lost what it sent', () => {
  it('offers it again, less and less often, and no longer once it is final', () => {
    const mesh = new Mesh({ nodes: 2, upstreams: { 1: [0] } });
    mesh.cut.add('1/0');
    const hash = mesh.publish(1, 'lost');
    const offers = () => mesh.at(1).sent.filter(({ frame }) => frame.kind === 'transactions').length;
    mesh.run(REOFFER_FIRST_MS * 16);
    expect(offers()).toBe(5); // at once, after 1, 2, 4 and 8 seconds more
    mesh.cut.clear();
    mesh.run(REOFFER_FIRST_MS * 16);
    expect(mesh.at(0).handed.map((one) => one.hash)).toEqual([hash]);
    mesh.at(1).pool.clear();
    mesh.at(1).gossip.settle([hash], mesh.nowMs);
    const before = offers();
    mesh.run(REOFFER_FIRST_MS * 64);
    expect(offers()).toBe(before);
    expect(mesh.at(1).gossip.nextDueMs()).toBeNull();
  });
});
