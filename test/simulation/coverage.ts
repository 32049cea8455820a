/** @module Whether a run was worth something: every fault, behaviour and rule occurred often enough. */
import { RULES } from '../../shared/protocol/consensus/turn.ts';
import { LINK_FAULTS, NODE_FAULTS, TIMER_FAULTS } from './faults/kinds.ts';
import type { Statistics } from './statistics.ts';

/** Each kind occurs at least this often in a full run. */
export const OCCURRENCES_MIN = 100;
/** Share of heights that are decided after round 0. */
export const BEYOND_ROUND_0_MIN = 0.1;

/** What occurred too seldom, in sentences; empty when all is well. */
export function lackingIn(statistics: Statistics): string[] {
  const names = [
    ...[...LINK_FAULTS, ...NODE_FAULTS].map(({ name }) => `faults/${name}`),
    ...TIMER_FAULTS.map((name) => `faults/${name}`),
    ...RULES.map((name) => `rules/${name}`),
    'evidence/proposal',
    'evidence/prevote',
    'evidence/precommit',
    'heals',
  ];
  const lacking = names
    .filter((name) => statistics.get(name) < OCCURRENCES_MIN)
    .map((name) => `${name}: ${statistics.get(name)} times, at least ${OCCURRENCES_MIN} wanted`);
  const share = statistics.get('heights_beyond_round_0') / Math.max(1, statistics.get('heights'));
  if (share < BEYOND_ROUND_0_MIN) lacking.push(`${(share * 100).toFixed(1)} % of heights beyond round 0`);
  return lacking;
}

/** The counters of a run as lines, one group each. */
export function report(statistics: Statistics): string[] {
  const group = (title: string, prefix: string) =>
    `${title}: ${statistics
      .withPrefix(prefix)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`;
  return [
    `heights: ${statistics.get('heights')}, beyond round 0: ${statistics.get('heights_beyond_round_0')}, happenings: ${statistics.get('happenings')}`,
    group('faults', 'faults/'),
    group('byzantine nodes', 'byzantine/'),
    group('crashes', 'crash_points/'),
    group('rules fired', 'rules/'),
    group('rounds needed', 'round/'),
    group('good rounds after a heal', 'good_rounds/'),
    group('evidence', 'evidence/'),
    group('invalid blocks', 'invalid_blocks/'),
    group('validators', 'sizes/'),
  ];
}
