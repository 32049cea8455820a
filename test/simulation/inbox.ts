/** @module What an instance makes of a frame: inputs of the machine, blocks, transactions, answers. */
import { certificateIn, type DecidedBytes, type Frame, messageIn } from './frame.ts';
import type { Life } from './life.ts';

/** Takes a frame inside a turn. */
export function receiveFrame(life: Life, from: number, frame: Frame): void {
  const { node, blocks } = life;
  switch (frame.kind) {
    case 'consensus':
      receiveMessage(life, from, frame);
      return;
    case 'get_block': {
      const body = blocks.body(frame.hash);
      if (body !== null) life.later(() => node.send(from, { kind: 'block', bytes: body }));
      return;
    }
    case 'block':
      blocks.add(frame.bytes);
      return;
    case 'get_decided':
      if (frame.height <= life.parent.height) {
        const answer = life.decidedFrom(frame.height);
        life.later(() => node.send(from, answer));
      }
      return;
    case 'decided':
      for (const each of frame.blocks) receiveDecided(life, each);
      return;
    case 'transactions':
      if (node.pool.add(frame.transactions)) life.offerWork();
      return;
    case 'evidence':
      if (life.keepEvidence(frame.bytes)) life.offerWork();
  }
}

function receiveMessage(life: Life, from: number, frame: Extract<Frame, { kind: 'consensus' }>): void {
  const { simulation } = life.node;
  // The body first, so that its proposal finds it.
  if (frame.body !== null) life.blocks.add(frame.body);
  const message = simulation.decoding(() => messageIn(frame.bytes));
  if (message === null) return;
  if (life.isCurrent) simulation.observer.heard(life.node, message);
  if (message.kind === 'proposal') life.proposalMs = Math.max(life.proposalMs, life.node.nowMs);
  const peer = simulation.nodes[from]?.key ?? null;
  life.enqueue({ type: 'message', peer, message });
}

function receiveDecided(life: Life, { certificate: bytes, body }: DecidedBytes): void {
  const certificate = life.node.simulation.decoding(() => certificateIn(bytes));
  if (certificate === null || certificate.height !== life.parent.height + 1) return;
  const block = life.blocks.judge(certificate.blockHash, body);
  if (block === null) return;
  life.enqueue({ type: 'decided', certificate, block });
  life.drain();
}
