/** @module Whether a run was worth something: every fault, behaviour, change and rule occurred often enough. */
import { RULES } from '../../shared/protocol/consensus/turn.ts';
import { BYZANTINE_KINDS } from './byzantine/kinds.ts';
import { LINK_FAULTS, NODE_FAULTS, TIMER_FAULTS } from './faults/kinds.ts';
import type { Statistics } from './statistics.ts';

/** Each of these occurs at least this often in a full run. */
export const OCCURRENCES_MIN = 100;
/** Nodes of each byzantine kind in a full run. */
export const BYZANTINE_NODES_MIN = 30;
/** Share of heights that are decided after round 0. */
export const BEYOND_ROUND_0_MIN = 0.1;

/** What must occur often, by group. */
const WANTED: Readonly<Record<string, readonly string[]>> = {
  faults: [...[...LINK_FAULTS, ...NODE_FAULTS].map(({ name }) => name), ...TIMER_FAULTS],
  crash_points: ['before_persist', 'after_persist', 'half_sent', 'storage', 'disk_full', 'stale'],
  guards: ['order', 'behind', 'new_key', 'ended'],
  rules: [...RULES, 'L22 nil'],
  refused: ['undecodable', 'bad_signature', 'bad_certificate', 'not_a_validator', 'bad_pol_round'],
  evidence: ['proposal', 'prevote', 'precommit'],
  set_changes: ['joined', 'left', 'power'],
  incidents: ['evidence', 'jailed'],
};

/** What occurred too seldom, in sentences; empty when all is well. */
export function lackingIn(statistics: Statistics): string[] {
  const wanted = [
    ...Object.entries(WANTED).flatMap(([group, names]) => names.map((name) => `${group}/${name}`)),
    'heals',
    'forks',
  ].map((name): [string, number] => [name, OCCURRENCES_MIN]);
  const kinds = BYZANTINE_KINDS.map((name): [string, number] => [`byzantine/${name}`, BYZANTINE_NODES_MIN]);
  const lacking = [...wanted, ...kinds]
    .filter(([name, least]) => statistics.get(name) < least)
    .map(([name, least]) => `${name}: ${statistics.get(name)} times, at least ${least} wanted`);
  const share = beyondRound0(statistics);
  if (share < BEYOND_ROUND_0_MIN) lacking.push(`${(share * 100).toFixed(1)} % of heights beyond round 0`);
  return lacking;
}

function beyondRound0(statistics: Statistics): number {
  return statistics.get('heights_beyond_round_0') / Math.max(1, statistics.get('heights'));
}

/** The counters of a run as lines, one group each. */
export function report(statistics: Statistics): string[] {
  const group = (title: string, prefix: string) =>
    `${title}: ${statistics
      .withPrefix(prefix)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`;
  const share = (beyondRound0(statistics) * 100).toFixed(1);
  const [heights, beyond] = [statistics.get('heights'), statistics.get('heights_beyond_round_0')];
  return [
    `heights: ${heights}, beyond round 0: ${beyond} (${share} %), happenings: ${statistics.get('happenings')}`,
    group('runs', 'runs/'),
    group('validators', 'sizes/'),
    group('faults', 'faults/'),
    group('byzantine nodes', 'byzantine/'),
    group('crashes', 'crash_points/'),
    group('held keys', 'guards/'),
    group('rules fired', 'rules/'),
    group('refused messages', 'refused/'),
    group('rounds needed', 'round/'),
    `heals: ${statistics.get('heals')}`,
    group('good rounds after a heal', 'good_rounds/'),
    `set changes: ${statistics.get('set_changes')}`,
    group('set changes by what they did', 'set_changes/'),
    group('incidents in blocks', 'incidents/'),
    group('evidence', 'evidence/'),
    group('refused evidence', 'refused_evidence/'),
    `forks above a third: ${statistics.get('forks')}`,
    group('offences behind them', 'offences/'),
    group('invalid blocks', 'invalid_blocks/'),
  ];
}
