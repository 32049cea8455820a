/**
 * @module A peer that lies: a real HTTP server which takes part in the network like any node, claims a height, and answers
 * requests for blocks with whatever its lie makes of the true ones.
 */
import type { ServerResponse } from 'node:http';
import type { ChainClaim } from '../../shared/api/network-views.ts';
import {
  decodeBlocksRequest,
  encodeBlocksAnswer,
  RANGE_BLOCKS_MAX,
} from '../../shared/api/p2p/blocks-codec.ts';
import { P2P_PATHS } from '../../shared/api/p2p/envelope.ts';
import { decodeBody, encodeBody, hashHeader } from '../../shared/protocol/block/encode.ts';
import type { CertifiedBytes } from '../../shared/protocol/execution/linked-blocks.ts';
import { ZERO_HASH } from '../../shared/protocol/primitives/hash.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { decodeCertificate, encodeCertificate } from '../../shared/protocol/votes/encode.ts';
import type { TestNode } from './node.ts';
import { NodeStranger } from './node-stranger.ts';

/** What a liar makes of a request for `from` to `to`. `stall` and `trickle` never end an answer. */
export type Lie = (
  truth: readonly CertifiedBytes[],
  from: number,
) => readonly CertifiedBytes[] | Uint8Array | 'stall' | 'trickle';

/** One forged block in the middle of what is true. */
const forged = (change: (block: CertifiedBytes) => CertifiedBytes): Lie => {
  return (truth) => truth.map((block, index) => (index === truth.length - 1 ? change(block) : block));
};

/** Lies by what they forge. */
export const LIES = {
  /** The transactions of the last block are gone, its header is true. */
  body: forged(({ body, certificate }) => {
    const block = decodeBody(body, builtInTransactions);
    return { body: encodeBody({ ...block, transactions: [] }), certificate };
  }),
  /** Another state root, and a certificate that was made to name the new block. */
  state: forged(({ body, certificate }) => {
    const block = decodeBody(body, builtInTransactions);
    const header = { ...block.header, stateRoot: ZERO_HASH };
    const claimed = { ...decodeCertificate(certificate), blockHash: hashHeader(header) };
    return { body: encodeBody({ ...block, header }), certificate: encodeCertificate(claimed) };
  }),
  /** The block is true, nobody signed the certificate. */
  certificate: forged(({ body, certificate }) => {
    const decoded = decodeCertificate(certificate);
    const signatures = decoded.signatures.map((signature) => signature.toReversed());
    return { body, certificate: encodeCertificate({ ...decoded, signatures }) };
  }),
  /** A block is left out. */
  hole: (truth) => truth.filter((_, index) => index !== 1),
  /** Half of what there is. */
  truncated: (truth) => truth.slice(0, Math.ceil(truth.length / 2)),
  empty: () => [],
  garbage: () => Uint8Array.from({ length: 1_000 }, (_, index) => index % 251),
  /** More bytes than any answer may have. */
  flood: () => new Uint8Array(8_000_000),
  stall: () => 'stall',
  trickle: () => 'trickle',
} as const satisfies Record<string, Lie>;

export class LyingPeer {
  readonly stranger = new NodeStranger();
  readonly name: string;
  readonly #lie: Lie;
  readonly #truth: readonly CertifiedBytes[];
  readonly #open = new Set<ServerResponse>();
  /** Requests for blocks that it got. */
  asked = 0;

  constructor(name: string, truth: readonly CertifiedBytes[], lie: Lie) {
    this.name = name;
    this.#truth = truth;
    this.#lie = lie;
  }

  /** Listens, and joins the node with a claim to this height of a chain. */
  async join(
    { node, key }: { readonly node: Pick<TestNode, 'url'>; readonly key: string },
    chain: Pick<TestNode, 'chainId' | 'genesisHash'>,
    height: number,
  ): Promise<void> {
    const claim: ChainClaim = {
      chain_id: chain.chainId,
      genesis_hash: chain.genesisHash,
      height,
      head_hash: ZERO_HASH,
      state_root: ZERO_HASH,
      checkpoints: [],
    };
    const exchange = () => ({ ...this.stranger.exchange({ name: this.name }), chains: [claim] });
    await this.stranger.listen(exchange, this.stranger.signer, (path, body, response) =>
      this.#serve(path, body, response),
    );
    const reply = await this.stranger.call({ url: node.url, nodeKey: key }, 'join', exchange());
    if (reply.status !== 200) throw new Error(`${this.name} may not join: ${JSON.stringify(reply.body)}`);
  }

  async close(): Promise<void> {
    for (const response of this.#open) response.destroy();
    await this.stranger.close();
  }

  #serve(path: string, body: Uint8Array, response: ServerResponse): boolean {
    if (!path.startsWith(P2P_PATHS.blocks)) return false;
    this.asked += 1;
    const { from, to } = decodeBlocksRequest(body);
    const truth = this.#truth.slice(from - 1, Math.min(to, from - 1 + RANGE_BLOCKS_MAX));
    const answer = this.#lie(truth, from);
    if (answer === 'stall' || answer === 'trickle') {
      this.#open.add(response);
      if (answer === 'trickle') this.#trickle(response);
    } else {
      const bytes = answer instanceof Uint8Array ? answer : encodeBlocksAnswer(answer);
      response.writeHead(200, { 'content-type': 'application/cbor' }).end(bytes);
    }
    return true;
  }

  /** One byte at a time, for ever. */
  #trickle(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/cbor' });
    const timer = setInterval(() => response.write(Uint8Array.of(0x80)), 200);
    response.on('close', () => clearInterval(timer));
  }
}
