/** @module The validators of a network of the model, with real keys: its powers, turns, blocks and messages as the machine has them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nativeSigner } from '../../shared/native/verifier.ts';
import { certificateOf, polkaOf } from '../../shared/protocol/consensus/certificates.ts';
import type {
  PolkaCertificate,
  SignedProposal,
  SignedVote,
  VoteType,
} from '../../shared/protocol/consensus/message.ts';
import type { BlockVerdict } from '../../shared/protocol/consensus/proposal.ts';
import { sha256, sha256Hex } from '../../shared/protocol/crypto/hashing.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import type { ValidatorSet } from '../../shared/protocol/validators/validator-set.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { precommitSignBytes, prevoteSignBytes, proposalSignBytes } from '../../shared/protocol/votes/vote.ts';

/** Local time at which everything happens that is in time. */
export const NOW_MS = 1_700_000_010_000;
export const GENESIS_HASH = parseHash(`0x${'4d'.repeat(32)}`);
/** No block and no round, as the model writes them. */
const NONE = -1;

/** Votes and certificates of the model; block and round are numbers there. */
export interface ModelVote {
  readonly src: number;
  readonly round: number;
  readonly block: number;
  readonly pol: number;
}
export interface ModelCertificate {
  readonly round: number;
  readonly block: number;
  readonly pol: number;
  readonly signers: readonly number[];
}

const text = new TextEncoder();
const NETWORKS = readFileSync(fileURLToPath(import.meta.resolve('./networks.qnt')), 'utf8');

/** The numbers in `NAME = Map(a -> b, ...)` or `NAME = Set(a, ...)` of a network. */
function numbersOf(network: string, name: string): number[] {
  const module = NETWORKS.split(`module ${network} {`)[1]?.split('\n}')[0] ?? '';
  const found = new RegExp(`${name} = \\w+\\(([^)]*)\\)`).exec(module)?.[1];
  if (found === undefined) throw new Error(`${network} has no ${name}`);
  return found.split(',').map((item) => Number(item.split('->').at(-1)));
}

export class Committee {
  readonly validators: ValidatorSet;
  readonly signers: readonly Signer[];
  /** By round. */
  readonly proposers: readonly number[];
  readonly faulty: readonly number[];
  readonly #blocks = new Map<HashHex, number>();

  constructor(network: string) {
    const powers = numbersOf(network, 'POWERS');
    this.proposers = numbersOf(network, 'PROPOSERS');
    this.faulty = numbersOf(network, 'FAULTY');
    const keyed = powers.map((_, index) => {
      const signer = nativeSigner(sha256(text.encode(`model ${index}`)));
      return { signer, consensusKey: consensusKeyFromBytes(signer.publicKey) };
    });
    keyed.sort((left, right) => (left.consensusKey < right.consensusKey ? -1 : 1));
    this.signers = keyed.map(({ signer }) => signer);
    this.validators = keyed.map(({ signer, consensusKey }, index) => ({
      consensusKey,
      operator: addressOf(signer.publicKey),
      name: `validator ${index}`,
      power: powers[index] ?? 0,
      priority: 0,
    }));
  }

  get honest(): number[] {
    return [...this.signers.keys()].filter((index) => !this.faulty.includes(index));
  }

  hash(block: number): HashHex {
    const hash = sha256Hex(text.encode(`block ${block}`));
    this.#blocks.set(hash, block);
    return hash;
  }

  /** The number of a block in the model; no block is -1. */
  blockOf(hash: HashHex | null): number {
    const block = hash === null ? NONE : this.#blocks.get(hash);
    if (block === undefined) throw new Error(`the model knows no block ${hash}`);
    return block;
  }

  /** What the model says of a block: made in the round of its number, and the last of three is false. */
  verdict(block: number): BlockVerdict {
    const round = Math.floor(block / 3);
    return { hash: this.hash(block), valid: block % 3 !== 2, round, timeMs: NOW_MS };
  }

  proposal({ round, block, pol }: Omit<ModelVote, 'src'>): SignedProposal {
    const content = { height: 1, round, blockHash: this.hash(block), polRound: pol === NONE ? null : pol };
    const signature = this.#sign(this.proposers[round] ?? NONE, proposalSignBytes(GENESIS_HASH, content));
    return { ...content, signature };
  }

  vote(type: VoteType, { src, round, block, pol }: ModelVote): SignedVote {
    const blockHash = block === NONE ? null : this.hash(block);
    const content = { height: 1, round, blockHash, polRound: pol === NONE ? null : pol };
    const message =
      type === 'prevote'
        ? prevoteSignBytes(GENESIS_HASH, content)
        : precommitSignBytes(GENESIS_HASH, content);
    return { type, ...content, validator: src, signature: this.#sign(src, message) };
  }

  polka(certificate: ModelCertificate): PolkaCertificate {
    return polkaOf(this.validators, this.#votesIn('prevote', certificate));
  }

  commit(certificate: ModelCertificate): CommitCertificate {
    return certificateOf(this.validators, this.#votesIn('precommit', certificate));
  }

  #votesIn(type: VoteType, { signers, ...content }: ModelCertificate): SignedVote[] {
    return signers.map((src) => this.vote(type, { src, ...content }));
  }

  #sign(validator: number, message: Uint8Array): Uint8Array {
    const signer = this.signers[validator];
    if (signer === undefined) throw new Error(`no validator ${validator}`);
    return signer.sign(message);
  }
}
