/** @module Type 6: votes of the authorities. */
import { bytesUpTo, choice, flag, tuple } from '../../codec/codec.ts';
import { defineTransaction, type TransactionType } from '../define-transaction.ts';
import { VOTE_SUBJECT_BYTES_MAX, VOTE_VALUE_BYTES_MAX } from '../limits.ts';
import type { AuthorityBallot } from '../validator-actions.ts';
import { VOTE_KINDS } from '../vote-kinds.ts';

/**
 * CBOR([kind, subject, value, approve]): one open vote per (kind, subject); 1 approves, 0 withdraws. `add` and `remove`
 * name a consensus key and no value; `param` names a parameter and its new value in CBOR.
 */
export const authorityVote: TransactionType<AuthorityBallot> = defineTransaction({
  type: 6,
  name: 'authority_vote',
  payload: tuple({
    kind: choice(VOTE_KINDS),
    subject: bytesUpTo(VOTE_SUBJECT_BYTES_MAX),
    value: bytesUpTo(VOTE_VALUE_BYTES_MAX),
    approve: flag(),
  }),
  events: {
    ballot: ['kind', 'subject', 'approvals', 'authorities'],
    vote_passed: ['kind', 'subject'],
  },
  check() {},
  apply(context, { payload }) {
    const { kind, subject } = payload;
    const { approvals, authorities, isPassed } = context.validators.vote(payload);
    context.emit('ballot', [kind, subject, approvals, authorities]);
    if (isPassed) context.emit('vote_passed', [kind, subject]);
  },
  addresses: () => [],
});
