/** @module Processor time of the workerd processes below this one, from /proc: what a machine that others use too cannot blur. */
import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks of a second in /proc; fixed by the kernel's interface. Source: proc(5), times(2). */
const TICKS_PER_SECOND = 100;

/** Ids of the workerd processes that this process started; none where there is no /proc. */
export async function workerdProcesses(): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const ids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(ids.map(async (id) => ({ id, stat: await statOf(id) })));
  return stats.flatMap(({ id, stat }) =>
    stat?.name === 'workerd' && stat.parent === process.pid ? [id] : [],
  );
}

/** Seconds of processor time of a process so far; null where there is no /proc. */
export async function processorSeconds(id: number): Promise<number | null> {
  return (await statOf(id))?.seconds ?? null;
}

/** Source: proc_pid_stat(5). The name stands in parentheses and may hold spaces. */
async function statOf(id: number) {
  const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => null);
  const match = text === null ? null : /^\d+ \((.*)\) (.*)$/s.exec(text);
  if (match === null) return null;
  const [, name, rest = ''] = match;
  const fields = rest.split(' ');
  const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number);
  return { name, parent, seconds: ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND };
}
