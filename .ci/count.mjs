// Adds up the JSON reports of the test runs: each failed test with the first lines of why, then `passed: N` and
// `failed: N`. Skipped tests, files that fail outside their tests and a count below the committed floor are failures.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Enough to see what was expected and where; the whole of it stands above, where the test ran. */
const REASON_LINES = 8;

const [folder, floorFile, top] = process.argv.slice(2);
let passed = 0;
let skipped = 0;
const failures = [];
for (const name of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  passed += report.numPassedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  for (const file of report.testResults) {
    const failed = file.assertionResults
      .filter(({ status }) => status === 'failed')
      .map((test) => `${test.fullName}${reasonOf(test)}`);
    if (failed.length === 0 && file.status === 'failed') failed.push(file.message || 'failed outside its tests');
    failures.push(...failed.map((test) => `${relative(top, file.name)}: ${test}`));
  }
}
const floor = Number(readFileSync(floorFile, 'utf8'));
for (const failure of failures) console.log(`failed test: ${failure}`);
if (skipped > 0) console.log(`${skipped} tests were skipped`);
if (passed < floor) console.log(`${passed} tests passed, ${floor} did before`);
console.log(`passed: ${passed}`);
console.log(`failed: ${failures.length + skipped + (passed < floor ? 1 : 0)}`);

/** Without the colours of a terminal. */
function reasonOf({ failureMessages: [message = ''] }) {
  const lines = stripVTControlCharacters(message).split('\n').slice(0, REASON_LINES);
  return lines.map((line) => `\n  ${line}`).join('');
}
