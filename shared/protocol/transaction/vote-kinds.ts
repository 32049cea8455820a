/** @module What authorities vote about. */

/** Kinds of votes by code. Only `add`, `remove` and `param` are executed by this version. */
export const VOTE_KINDS = { add: 0, remove: 1, admit: 2, expel: 3, param: 4, upgrade: 5, client: 6 } as const;
export type VoteKind = keyof typeof VOTE_KINDS;
