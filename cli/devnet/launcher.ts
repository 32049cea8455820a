/** @module Notices when whatever launched this command is gone, also by kill -9, so that nothing is left running. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const POLL_MS = 500;

/**
 * Calls `onGone` once when the npm or npx that started this process, or the older Node that ran it again, has died.
 * A devnet started straight from a shell goes on when that shell ends, as a background process should.
 */
export function watchLauncher(onGone: () => void): void {
  if (process.env.ATOLL_RERUN === '1' && process.channel) {
    process.once('disconnect', onGone);
    process.channel.unref();
  }
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const pids = launchers();
  const timer = setInterval(() => {
    if (pids.every(isRunning)) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  timer.unref();
}

/** The parent, and behind a shell that npm put between, npm itself. */
function launchers(): number[] {
  const parent = describe(process.ppid);
  if (parent === null) return [];
  return /(^|\/)-?\w*sh$/.test(parent.command) ? [process.ppid, parent.parent] : [process.ppid];
}

function describe(pid: number): { parent: number; command: string } | null {
  try {
    if (process.platform === 'linux') {
      const [, command = '', parent] =
        /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return { parent: Number(parent), command };
    }
    const line = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const [parent = '', ...command] = line.split(/\s+/);
    return { parent: Number(parent), command: command.join(' ') };
  } catch {
    return null; // it has ended already, or there is no ps: only the stop signals remain
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
