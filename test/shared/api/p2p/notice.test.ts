/** @module Notices as bytes: each kind comes back as it went, and what is none is refused. */
import { describe, expect, it } from 'vitest';
import {
  decodeNotice,
  encodeNotice,
  NOTICE_BYTES_MAX,
  type Notice,
  noticeId,
} from '../../../../shared/api/p2p/notice.ts';
import { PEER_RECORD_BYTES_MAX } from '../../../../shared/api/p2p/peer-record.ts';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { parseHash } from '../../../../shared/protocol/primitives/hash.ts';

const nodeId = parseHash(`0x${'ab'.repeat(32)}`);

describe('a notice', () => {
  it.each<[Notice, string]>([
    [{ kind: 'leave', record: Uint8Array.of(1, 2) }, '0x820081420102'],
    [{ kind: 'dead_peer', nodeId, seq: 7 }, `0x8201825820${'ab'.repeat(32)}07`],
    [{ kind: 'beacon', nonce: new Uint8Array(16) }, `0x82028150${'00'.repeat(16)}`],
  ])('%o is %s', (notice, hex) => {
    expect(toHex(encodeNotice(notice))).toBe(hex);
    expect(decodeNotice(fromHex(hex))).toEqual(notice);
  });

  it('has an id of its content alone', () => {
    const first = encodeNotice({ kind: 'dead_peer', nodeId, seq: 7 });
    expect(noticeId(first)).toBe(noticeId(encodeNotice({ kind: 'dead_peer', nodeId, seq: 7 })));
    expect(noticeId(first)).not.toBe(noticeId(encodeNotice({ kind: 'dead_peer', nodeId, seq: 8 })));
  });

  it.each([
    '0x',
    '0x80',
    '0x8203',
    '0x820380',
    '0x820180',
    '0x82028100',
    `0x82028150${'00'.repeat(15)}`,
    '0x8302815000',
  ])('%s is none', (hex) => {
    expect(() => decodeNotice(fromHex(hex))).toThrow();
  });

  it('with the longest record is within its limit', () => {
    const notice: Notice = { kind: 'leave', record: new Uint8Array(PEER_RECORD_BYTES_MAX) };
    expect(encodeNotice(notice).length).toBeLessThanOrEqual(NOTICE_BYTES_MAX);
  });
});
