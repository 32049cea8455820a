/**
 * @module `npm run test:kills`: 20 kills in the middle of 10,000 transfers. KILLS, TRANSFERS and SEED change the run.
 * Exit code 1 when the checker finds a fault, or too few kills came inside a commit or drain.
 */
import { hits, runKills } from '../support/kill-run.ts';

const HITS_MIN = 5;

const transfers = Number(process.env.TRANSFERS ?? 10_000);
const report = await runKills({
  seed: `atoll kills ${new Date().toISOString()}`,
  kills: Number(process.env.KILLS ?? 20),
  transfers,
});
for (const fault of report.faults.slice(0, 50)) console.error(fault);
const tooLate = report.kills.filter(({ acknowledged }) => acknowledged >= transfers).length;
if (tooLate > 0) console.error(`${tooLate} kills came after the last transfer`);
if (report.faults.length > 0 || tooLate > 0 || hits(report.kills) < HITS_MIN) process.exitCode = 1;
