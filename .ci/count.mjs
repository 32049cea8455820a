// Adds up the JSON reports of the test runs: `passed: N` and `failed: N`. Skipped tests and a count below the committed
// floor are failures.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, floorFile] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
for (const name of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests + report.numFailedTestSuites;
  skipped += report.numPendingTests + report.numTodoTests;
}
const floor = Number(readFileSync(floorFile, 'utf8'));
if (skipped > 0) console.log(`${skipped} tests were skipped`);
if (passed < floor) console.log(`${passed} tests passed, ${floor} did before`);
console.log(`passed: ${passed}`);
console.log(`failed: ${failed + skipped + (passed < floor ? 1 : 0)}`);
