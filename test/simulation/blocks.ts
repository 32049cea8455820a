/** @module The blocks that a node has in memory: bodies, what executing them gave, and which are wanted. */
import type { Block } from '../../shared/protocol/block/block.ts';
import { BlockError } from '../../shared/protocol/block/block-error.ts';
import { decodeBody, hashHeader } from '../../shared/protocol/block/encode.ts';
import { evidenceHash, lastCommitHash, txRoot } from '../../shared/protocol/block/roots.ts';
import type { BlockVerdict } from '../../shared/protocol/consensus/proposal.ts';
import { buildBlock } from '../../shared/protocol/execution/build-block.ts';
import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import type { Life } from './life.ts';

/** Bodies kept in memory. */
const BODIES_MAX = 64;

interface Body {
  readonly block: Block;
  readonly bytes: Uint8Array;
}

const decodedBodies = new WeakMap<Uint8Array, { hash: HashHex; block: Block } | null>();

export class Blocks {
  readonly #life: Life;
  readonly #bodies = new Map<HashHex, Body>();
  readonly #executed = new Map<HashHex, ExecutedBlock>();
  readonly #wanted = new Set<HashHex>();

  constructor(life: Life) {
    this.#life = life;
  }

  body(hash: HashHex): Uint8Array | null {
    return this.#bodies.get(hash)?.bytes ?? null;
  }

  block(hash: HashHex): Block | null {
    return this.#bodies.get(hash)?.block ?? null;
  }

  /** Keeps a body that belongs to its own header; judges it if someone waits for it. */
  add(bytes: Uint8Array): void {
    const decoded = this.#decode(bytes);
    if (decoded === null || decoded.block.header.height <= this.#life.parent.height) return;
    const { hash, block } = decoded;
    if (!this.#bodies.has(hash)) {
      if (this.#bodies.size >= BODIES_MAX && !this.#wanted.has(hash)) return;
      this.#bodies.set(hash, { block, bytes });
    }
    if (this.#wanted.has(hash)) this.want(hash);
  }

  /** Answers with the verdict now if the body is here, otherwise once it comes. True if it is here. */
  want(hash: HashHex): boolean {
    const body = this.#bodies.get(hash);
    if (body === undefined) {
      this.#wanted.add(hash);
      return false;
    }
    this.#wanted.delete(hash);
    this.#life.enqueue({ type: 'block_ready', block: this.#verdict(hash, body) });
    return true;
  }

  /** The verdict on a body that is claimed to be of `hash`, or null when it is not. */
  judge(hash: HashHex, bytes: Uint8Array): BlockVerdict | null {
    const decoded = this.#decode(bytes);
    if (decoded === null || decoded.hash !== hash) return null;
    const body = { block: decoded.block, bytes };
    this.#bodies.set(hash, body);
    return this.#verdict(hash, body);
  }

  /** The execution of a block that was found valid. */
  take(hash: HashHex): ExecutedBlock {
    const executed = this.#executed.get(hash);
    if (executed === undefined) throw new Error('decided a block that was not executed');
    return executed;
  }

  /** Builds and executes the own proposal; nothing when there is no content for it. */
  build(round: number, timeMs: number, lastCommit: CommitCertificate | null): void {
    const life = this.#life;
    const { node } = life;
    const { world, observer } = node.simulation;
    const state = life.chainState;
    const height = life.parent.height + 1;
    const honest = buildBlock(world.chain, {
      state,
      pages: state,
      parent: { ...life.parent, commit: lastCommit },
      round,
      timeMs,
      proposer: node.key,
      candidates: node.pool.candidates(),
      evidence: life.evidence.items(),
      verifier: world.verifier,
    });
    if (!honest.isContentAllowed) {
      life.enqueue({ type: 'built', height, round, block: null });
      return;
    }
    if (node.isHonest) observer.builtBlocks.add(honest.hash);
    const executed = node.behaviour?.forge?.(node, honest) ?? honest;
    if (executed === honest) world.built(life.parent, honest);
    this.keep(executed);
    const { header } = executed.block;
    const block = { hash: executed.hash, valid: true, round: header.round, timeMs: header.timeMs };
    life.enqueue({ type: 'built', height, round, block });
  }

  /** Keeps a block with its execution. */
  keep(executed: ExecutedBlock): void {
    this.#bodies.set(executed.hash, { block: executed.block, bytes: executed.body });
    this.#executed.set(executed.hash, executed);
  }

  forgetBelow(height: number): void {
    for (const [hash, { block }] of this.#bodies) if (block.header.height < height) this.#bodies.delete(hash);
    this.#executed.clear();
    this.#wanted.clear();
  }

  #verdict(hash: HashHex, { block, bytes }: Body): BlockVerdict {
    const { round, timeMs } = block.header;
    if (!this.#executed.has(hash)) {
      const { node, storage, parent } = this.#life;
      // A memo must not hide that the state cannot be read any more.
      storage.connection.touch();
      const outcome = node.simulation.world.execute(storage.store, parent, block, hash, bytes);
      if (outcome instanceof BlockError) {
        node.simulation.observer.foundInvalid(node, hash, outcome);
        return { hash, valid: false, round, timeMs };
      }
      this.#executed.set(hash, outcome);
    }
    return { hash, valid: true, round, timeMs };
  }

  /**
   * A body whose parts do not hash to what its header says is nobody's block. It gets no verdict, or a bad copy of a
   * good block would stand in the way of the good one.
   */
  #decode(bytes: Uint8Array): { hash: HashHex; block: Block } | null {
    const known = decodedBodies.get(bytes);
    if (known !== undefined) return known;
    const { world } = this.#life.node.simulation;
    const block = this.#life.node.simulation.decoding(() => decodeBody(bytes, world.chain.registry));
    const decoded = block === null || !isWhole(block) ? null : { hash: hashHeader(block.header), block };
    decodedBodies.set(bytes, decoded);
    return decoded;
  }
}

function isWhole({ header, lastCommit, evidence, transactions }: Block): boolean {
  return (
    header.lastCommitHash === lastCommitHash(lastCommit) &&
    header.evidenceHash === evidenceHash(evidence) &&
    header.txRoot === txRoot(transactions)
  );
}
