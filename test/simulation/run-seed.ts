/** @module One seed from beginning to end. */
import { Violation } from './observer.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { Simulation } from './simulation.ts';

export interface SeedOutcome {
  readonly seed: number;
  readonly nodes: number;
  readonly traceHash: string;
  /** Name of the broken invariant, `crash` for an exception of the machine, or null. */
  readonly violation: string | null;
  readonly detail: string;
  readonly counts: readonly (readonly [string, number])[];
}

/** Runs a seed. A seed that runs without memos runs with them, too, and both must leave the same trace. */
export function runSeed(seed: number, heights: number, options: { nodes?: number } = {}): SeedOutcome {
  const scenario = scenarioOf(seed, heights, options);
  const outcome = runScenario(scenario);
  if (scenario.isMemoised || outcome.violation !== null) return outcome;
  const { traceHash } = runScenario({ ...scenario, isMemoised: true });
  if (traceHash === outcome.traceHash) return outcome;
  return { ...outcome, violation: 'determinism', detail: `${traceHash} is not ${outcome.traceHash}` };
}

/** Runs a scenario and keeps what it counted, however it ends. */
export function runScenario(scenario: Scenario): SeedOutcome {
  const simulation = new Simulation(scenario);
  let violation: string | null = null;
  let detail = '';
  try {
    simulation.run();
  } catch (error) {
    violation = error instanceof Violation ? error.invariant : 'crash';
    detail =
      error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error);
  }
  const { seed, nodes } = scenario;
  const counts = [...simulation.statistics.counts];
  return { seed, nodes, traceHash: simulation.traceHash, violation, detail, counts };
}
