/** @module Random walks of the model by Quint, which checks the invariants in every state and writes each walk as a trace. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readTrace, type TraceState } from './itf.ts';

/** Modules of networks.qnt, with what holds in each. */
export const NETWORKS = {
  one_of_four: ['Agreement', 'Validity', 'LockMonotone', 'Accountability'],
  weighted: ['Agreement', 'Validity', 'LockMonotone', 'Accountability'],
  split: ['Agreement', 'Validity', 'LockMonotone', 'Accountability'],
  // With half of the power faulty, agreement is not promised.
  two_of_four: ['Validity', 'LockMonotone', 'Accountability'],
} as const;
export type NetworkName = keyof typeof NETWORKS;

export interface Walk {
  readonly network: NetworkName;
  readonly seed: number;
  readonly traces: number;
  /** Inputs in a trace at most. */
  readonly steps: number;
}

const run = promisify(execFile);
const QUINT = fileURLToPath(import.meta.resolve('@informalsystems/quint/dist/src/cli.js'));
const SPECIFICATION = fileURLToPath(import.meta.resolve('./networks.qnt'));

/** The traces of the walks. Throws with what Quint printed when an invariant is broken. The same seed gives the same traces. */
export async function walk({ network, seed, traces, steps }: Walk): Promise<TraceState[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'quint-'));
  try {
    const options = {
      main: network,
      // The other backend is a program that Quint would download.
      backend: 'typescript',
      'max-samples': traces,
      'n-traces': traces,
      'max-steps': steps,
      seed: `0x${seed.toString(16)}`,
      'out-itf': join(folder, 'trace_{seq}.itf.json'),
      verbosity: 1,
    };
    const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const argv = [QUINT, 'run', SPECIFICATION, ...flags, '--invariants', ...NETWORKS[network]];
    await run(process.execPath, argv);
    const files = readdirSync(folder).sort();
    return files.map((file) => readTrace(readFileSync(join(folder, file), 'utf8')));
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${network}, seed ${seed}: ${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
