/**
 * @module All lessons, one after the other: the fault that a rule can have shows in the situation that the rule is made for,
 * whatever chance brings. Seeds mean nothing here.
 */
import { ALL_HELD, EXCEPTION, type Finding, type Ground } from '../ground.ts';
import { CONFLICT_LESSONS, FILTER_LESSONS, QUORUM_LESSONS } from './lessons/counts.ts';
import type { Lesson } from './lessons/lesson.ts';
import { RECORD_LESSONS, REPETITION_LESSONS, ROUND_LESSONS, SIGNATURE_LESSONS } from './lessons/life.ts';
import { RULE_LESSONS } from './lessons/rules.ts';

const LESSONS: readonly Lesson[] = [
  ...RULE_LESSONS,
  ...QUORUM_LESSONS,
  ...FILTER_LESSONS,
  ...CONFLICT_LESSONS,
  ...ROUND_LESSONS,
  ...REPETITION_LESSONS,
  ...RECORD_LESSONS,
  ...SIGNATURE_LESSONS,
];

function learn({ invariant, holds }: Lesson): Finding {
  try {
    return holds() ? ALL_HELD : { invariant, detail: 'a lesson written by hand' };
  } catch (error) {
    return { invariant: EXCEPTION, detail: String(error) };
  }
}

/** A broken invariant counts for more than an exception, which names none. */
export const lessons: Ground = () => {
  const findings = LESSONS.map(learn).filter(({ invariant }) => invariant !== null);
  return findings.find(({ invariant }) => invariant !== EXCEPTION) ?? findings[0] ?? ALL_HELD;
};
