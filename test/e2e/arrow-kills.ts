/**
 * @module Part of `npm run test:kills`: kill -9 at every arrow in the life of a transaction. Exit code 1 when the checker
 * finds a fault or an arrow was not cut. POINTS=name,name runs only these.
 */
import { runArrowKills } from '../support/arrow-kills.ts';
import { arrowsWithout, KILL_CASES } from '../support/crash-points.ts';

const only = process.env.POINTS?.split(',');
const report = await runArrowKills(KILL_CASES.filter(({ name }) => only?.includes(name) ?? true));
console.table(report.kills);
for (const fault of report.faults) console.error(fault);
const uncut = only === undefined ? arrowsWithout(report.kills) : [];
for (const arrow of uncut) console.error(`no kill cut "${arrow}"`);
console.log(
  `arrow kills: ${report.kills.length} kills at ${new Set(report.kills.map(({ arrow }) => arrow)).size} arrows, ` +
    `${report.faults.length} faults, ${report.seconds} s`,
);
if (report.faults.length > 0 || uncut.length > 0) process.exitCode = 1;
