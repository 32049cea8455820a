/** @module Type 6: votes of the authorities. Encoded and named; not executed by this version. */
import { bytesUpTo, choice, mapped, tuple, uint } from '../../codec/codec.ts';
import { VOTE_SUBJECT_BYTES_MAX, VOTE_VALUE_BYTES_MAX } from '../limits.ts';
import { inactiveType } from './inactive.ts';

/** What authorities vote about, by code. */
export const VOTE_KINDS = { add: 0, remove: 1, admit: 2, expel: 3, param: 4, upgrade: 5, client: 6 } as const;

/** There are no booleans in the encoding: 1 approves, 0 withdraws. */
const approve = mapped(
  uint(1),
  (flag) => flag === 1,
  (value: boolean) => (value ? 1 : 0),
);

/** CBOR([kind, subject, value, approve]): one open vote per (kind, subject). */
export const authorityVote = inactiveType(
  6,
  'authority_vote',
  tuple({
    kind: choice(VOTE_KINDS),
    subject: bytesUpTo(VOTE_SUBJECT_BYTES_MAX),
    value: bytesUpTo(VOTE_VALUE_BYTES_MAX),
    approve,
  }),
);
