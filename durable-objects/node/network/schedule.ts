/**
 * @module When peers are asked: decisions from a state and the time, and nothing else. Rounds come at an interval that
 * doubles while nothing changes; each round asks a peer once at most; with nobody to ask there is no next round.
 */

/** Longest interval between two rounds, and longest wait for a peer that fails. */
export const INTERVAL_MAX_MS = 3_600_000;
/** First wait for a boot node that does not answer. */
export const BOOT_RETRY_MS = 1_000;
/** Peers asked in one round; in a larger network those asked longest ago come first. */
export const ROUND_CONTACTS_MAX = 32;
/** A peer due so soon is asked with the others rather than alone. */
const TOGETHER_MS = 250;

/** The rhythm as it stands. Durable. */
export interface Rhythm {
  /** Rounds in a row in which nothing changed. */
  readonly quietRounds: number;
  /** When the next round is; 0 for as soon as there is somebody to ask. */
  readonly nextRoundMs: number;
}

/** Somebody to ask: a peer, or a boot node that was not reached yet. */
export interface Contact {
  readonly id: string;
  /** When it was last asked; 0 for never. */
  readonly lastContactMs: number;
  readonly failures: number;
  readonly bannedUntilMs: number;
  /** `soon`: not only at rounds, as its address is not proved or its life is in doubt. `boot`: the same, with faster retries. */
  readonly turn: 'round' | 'soon' | 'boot';
}

/** The settings that a rhythm follows. */
export interface Tempo {
  readonly intervalMs: number;
  readonly jitterMs: number;
}

/** The rhythm of a node that has asked nobody yet. */
export const FIRST_RHYTHM: Rhythm = { quietRounds: 0, nextRoundMs: 0 };

/** The present interval, without jitter. */
export function intervalMs({ quietRounds }: Rhythm, { intervalMs: base }: Tempo): number {
  return Math.max(base, doubled(base, quietRounds));
}

/** After a round. `random` from 0 to 1 spreads rounds, so that nodes do not call in step. */
export function afterRound(
  rhythm: Rhythm,
  tempo: Tempo,
  round: { readonly changed: boolean; readonly nowMs: number; readonly random: number },
): Rhythm {
  const quietRounds = round.changed ? 0 : Math.min(rhythm.quietRounds + 1, 32);
  const waitMs = intervalMs({ ...rhythm, quietRounds }, tempo) + round.random * tempo.jitterMs;
  return { quietRounds, nextRoundMs: Math.round(round.nowMs + waitMs) };
}

/** Something changed between rounds: the next one comes within the shortest interval. */
export function afterNews(rhythm: Rhythm, tempo: Tempo, nowMs: number, random: number): Rhythm {
  if (rhythm.quietRounds === 0) return rhythm;
  const soonMs = Math.round(nowMs + tempo.intervalMs + random * tempo.jitterMs);
  return { quietRounds: 0, nextRoundMs: Math.min(rhythm.nextRoundMs, soonMs) };
}

/** When the next contact is due; null when there is nobody to ask. */
export function nextContactMs(rhythm: Rhythm, tempo: Tempo, contacts: readonly Contact[]): number | null {
  const due = contacts.map((contact) => dueMs(contact, rhythm, tempo));
  return due.length === 0 ? null : due.reduce((least, ms) => Math.min(least, ms));
}

/** Whether the periodic round is due, and who is asked now, those asked longest ago first. */
export function dueContacts(
  rhythm: Rhythm,
  tempo: Tempo,
  contacts: readonly Contact[],
  nowMs: number,
): { readonly isRound: boolean; readonly due: readonly Contact[] } {
  const due = contacts
    .filter((contact) => dueMs(contact, rhythm, tempo) <= nowMs + TOGETHER_MS)
    .sort((a, b) => a.lastContactMs - b.lastContactMs)
    .slice(0, ROUND_CONTACTS_MAX);
  // A round in which nobody could be asked has passed all the same.
  return { isRound: contacts.length > 0 && rhythm.nextRoundMs <= nowMs + TOGETHER_MS, due };
}

/** Never twice within the shortest interval, and not before a ban or a back-off is over. */
function dueMs(contact: Contact, rhythm: Rhythm, tempo: Tempo): number {
  const earliestMs = Math.max(contact.bannedUntilMs, contact.lastContactMs + waitMs(contact, tempo));
  return contact.turn === 'round' ? Math.max(earliestMs, rhythm.nextRoundMs) : earliestMs;
}

function waitMs({ turn, failures, lastContactMs }: Contact, { intervalMs: base }: Tempo): number {
  if (lastContactMs === 0) return 0;
  if (turn === 'boot') return doubled(Math.min(base, BOOT_RETRY_MS), failures - 1);
  // A round must find the peers that it asked in the last one, though its own time was rounded.
  return failures === 0 ? Math.max(0, base - TOGETHER_MS) : doubled(base, failures);
}

function doubled(ms: number, times: number): number {
  return Math.min(INTERVAL_MAX_MS, ms * 2 ** Math.min(Math.max(0, times), 32));
}
