/** @module Limits of staking, votes and evidence in the state, with their reasons. */

/** Validators with a claim to power: four times the largest set, so that the next ones stand ready. */
export const CLAIMS_MAX = 256;

/** Validators that wait for their activation: 34 bytes each stay within half of a state value. */
export const PENDING_VALIDATORS_MAX = 1_000;

/** Activations in one block: more than the largest set cannot take effect at once. */
export const ACTIVATIONS_PER_BLOCK_MAX = 64;

/** Validators that one account stakes with: its record is read with each of its stakings. */
export const DELEGATIONS_MAX = 32;

/** Withdrawals of one account that wait for their time: the same record lists them. */
export const UNBONDING_ENTRIES_MAX = 32;

/** Effects of time in one block: the rest waits for the next and asks for it. */
export const DUE_EFFECTS_PER_BLOCK_MAX = 100;

/** Registrations executed in one block: each checks a curve point and a signature, about 2 ms together. */
export const REGISTRATIONS_PER_BLOCK_MAX = 64;

/** Votes open at one time: each authority of the largest set may open one. */
export const OPEN_VOTES_MAX = 64;

/** Blocks whose time is remembered for each span of `evidence_age_ms`: age is known to a 64th of it. */
export const CLOCK_SAMPLES_PER_AGE = 64;

/** Remembered block times: two spans of evidence age after a vote changed it, rounded up. */
export const CLOCK_SAMPLES_MAX = 256;
