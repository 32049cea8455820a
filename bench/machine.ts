/** @module The machine and the programs that a result was measured with. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { sqldBinary } from '../cli/devnet/sqld.ts';
import { anvilVersion } from './peers/anvil-binary.ts';

const run = promisify(execFile);

/** Named in every result. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  /** Of the last minute, before the run: work of others makes every figure worse. */
  readonly load_before: number;
  readonly platform: string;
  readonly node: string;
  readonly workerd: string;
  readonly sqld: string;
  /** Null where it was not part of the run. */
  readonly anvil: string | null;
  readonly commit: string;
}

export async function describeMachine(anvil: string | null): Promise<Machine> {
  const [cpu] = cpus();
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  const output = async (file: string, args: string[]) => (await run(file, args)).stdout.trim();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    load_before: loadavg()[0] ?? 0,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    workerd: String((require('workerd/package.json') as { version: string }).version),
    sqld: (await output(sqldBinary(), ['--version'])).replace(/\s*\(.*$/s, ''),
    anvil: anvil === null ? null : await anvilVersion(anvil),
    commit: await output('git', ['describe', '--always', '--dirty']).catch(() => 'unknown'),
  };
}
