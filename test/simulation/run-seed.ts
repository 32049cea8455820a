/** @module One seed from beginning to end. */
import { Fork } from './accountability.ts';
import { brokenScenario, type Scenario, scenarioOf, twinScenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import { Violation } from './violation.ts';

export interface SeedOutcome {
  readonly seed: number;
  readonly nodes: number;
  readonly traceHash: string;
  /** Name of the broken invariant, `crash` for an exception of the machine, or null. */
  readonly violation: string | null;
  readonly detail: string;
  readonly counts: readonly (readonly [string, number])[];
}

/** One seed in so many is compared with itself without memos, for so many heights. */
const COMPARED_EVERY = 50;
const COMPARED_HEIGHTS = 20;
/** One seed in so many also runs with twins, and one with more than a third of the power byzantine. */
const SPECIAL_EVERY = 10;
/** Heights of such a run: it ends with its first fork, or it has shown that there is none. */
const SPECIAL_HEIGHTS = 15;

/**
 * Runs a seed. One seed in fifty also runs with and without memos, and both must leave the same trace: for fewer heights,
 * since without memos every node verifies and executes everything itself.
 */
export function runSeed(seed: number, heights: number, options: { nodes?: number } = {}): SeedOutcome {
  const outcome = runScenario(scenarioOf(seed, heights, options));
  if (seed % COMPARED_EVERY !== 0 || outcome.violation !== null) return outcome;
  const scenario = scenarioOf(seed, Math.min(heights, COMPARED_HEIGHTS), options);
  const plain = runScenario({ ...scenario, isMemoised: false });
  if (plain.violation !== null) return plain;
  const { traceHash } = runScenario(scenario);
  if (traceHash === plain.traceHash) return outcome;
  return { ...outcome, violation: 'determinism', detail: `${traceHash} is not ${plain.traceHash}` };
}

/** What some seeds run beside: validators that run twice, and byzantine power above a third. */
export function runSpecial(seed: number): SeedOutcome | null {
  if (seed % SPECIAL_EVERY === 0) return runScenario(brokenScenario(seed, SPECIAL_HEIGHTS));
  if (seed % SPECIAL_EVERY === SPECIAL_EVERY / 2) return runScenario(twinScenario(seed, SPECIAL_HEIGHTS));
  return null;
}

/** Runs a scenario and keeps what it counted, however it ends. */
export function runScenario(scenario: Scenario): SeedOutcome {
  const simulation = new Simulation(scenario);
  const { seed, nodes, trust, twins } = scenario;
  if (trust === 'broken') simulation.statistics.add('runs/above a third');
  else simulation.statistics.add(twins > 0 ? 'runs/twins' : `runs/changes ${scenario.changes}`);
  const { violation, detail } = resultOf(simulation);
  const counts = [...simulation.statistics.counts];
  return { seed, nodes, traceHash: simulation.traceHash, violation, detail, counts };
}

function resultOf(simulation: Simulation): Pick<SeedOutcome, 'violation' | 'detail'> {
  try {
    simulation.run();
    return { violation: null, detail: '' };
  } catch (error) {
    if (error instanceof Fork) return { violation: null, detail: error.message };
    if (error instanceof Violation) return { violation: error.invariant, detail: error.message };
    return { violation: 'crash', detail: String(error instanceof Error ? error.stack : error) };
  }
}
