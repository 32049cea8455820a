/** @module The proof that a block is final: precommits of more than two thirds of the voting power. */
import type { HashHex } from '../primitives/brand.ts';

/** Source: docs/spec/blocks.md. Bit i (most significant bit first) stands for validator i in key order. */
export interface CommitCertificate {
  readonly height: number;
  readonly round: number;
  readonly blockHash: HashHex;
  readonly bitmap: Uint8Array;
  /** 64 bytes each, in validator order, one per set bit. */
  readonly signatures: readonly Uint8Array[];
}
