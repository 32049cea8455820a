/** @module Final blocks as others send them, read and joined to a chain; who certified it is not looked at here. */
import type { Block } from '../block/block.ts';
import { BlockError } from '../block/block-error.ts';
import { checkParts } from '../block/check.ts';
import { decodeBody, hashOfBody } from '../block/encode.ts';
import type { HashHex } from '../primitives/brand.ts';
import { ProtocolError } from '../primitives/errors.ts';
import type { TransactionRegistry } from '../transaction/define-transaction.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { decodeCertificate } from '../votes/encode.ts';
import { BlockRangeError, type BlockRangeErrorCode } from './range-error.ts';

/** Canonical bytes of a final block and of a certificate for it. */
export interface CertifiedBytes {
  readonly body: Uint8Array;
  readonly certificate: Uint8Array;
}

/** A block whose parts are those of its header, and that follows the one before it. */
export interface LinkedBlock {
  readonly block: Block;
  readonly hash: HashHex;
  readonly body: Uint8Array;
  readonly certificate: CommitCertificate;
}

/**
 * Reads blocks from `height` on, each the child of the one before. Throws BlockRangeError RANGE_MALFORMED, RANGE_BROKEN
 * or RANGE_BODY_MISMATCH.
 */
export function linkBlocks(
  blocks: readonly CertifiedBytes[],
  height: number,
  registry: TransactionRegistry,
): LinkedBlock[] {
  if (blocks.length === 0) throw new BlockRangeError('RANGE_BROKEN', 'there is no block', { height });
  const linked: LinkedBlock[] = [];
  for (const bytes of blocks) {
    const next = height + linked.length;
    const read = readBlock(bytes, next, registry);
    const parent = linked.at(-1);
    const isNext = read.block.header.height === next;
    if (!isNext || (parent !== undefined && read.block.header.parentHash !== parent.hash)) {
      throw new BlockRangeError('RANGE_BROKEN', `not the child of height ${next - 1}`, { height: next });
    }
    linked.push(read);
  }
  return linked;
}

function readBlock(bytes: CertifiedBytes, height: number, registry: TransactionRegistry): LinkedBlock {
  const { body } = bytes;
  const block = reading('RANGE_MALFORMED', height, () => decodeBody(body, registry));
  reading('RANGE_BODY_MISMATCH', height, () => checkParts(block));
  const certificate = reading('RANGE_MALFORMED', height, () => decodeCertificate(bytes.certificate));
  return { block, hash: hashOfBody(body), body, certificate };
}

/** Failures of the protocol while `read` runs are those of the sender. */
function reading<T>(code: BlockRangeErrorCode, height: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const details = { height, [error instanceof BlockError ? 'block_code' : 'code']: error.code };
    throw new BlockRangeError(code, `height ${height}: ${error.message}`, details);
  }
}
