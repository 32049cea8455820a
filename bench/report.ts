/** @module Results as a table for people and as JSON for programs. */
import type { Machine } from './machine.ts';

/** One line of the table. */
export interface Line {
  readonly what: string;
  readonly unit: string;
  readonly atoll: number;
  /** The same of anvil, where it has the same. */
  readonly anvil?: number;
  /** What is to be reached, in words. */
  readonly budget?: string;
  /** Whether it was. */
  readonly met?: boolean;
  readonly note?: string;
}

/** Everything of one run. */
export interface Results {
  readonly date: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly lines: readonly Line[];
  /** Every round and every sample that a median stands for. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/** JSON with the samples of one measurement on one line; a hundredth is far below what repeats. */
export function toJson(results: Results): string {
  const { samples, ...rest } = results;
  const lines = Object.entries(samples).map(
    ([name, values]) =>
      `    ${JSON.stringify(name)}: ${JSON.stringify(values.map((value) => Number(value.toFixed(2))))}`,
  );
  return `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "samples": {\n${lines.join(',\n')}\n  }\n}\n`;
}

/** A Markdown page. */
export function toMarkdown(results: Results): string {
  const { machine, lines } = results;
  const rows = lines.map(
    (line) =>
      `| ${line.what} | ${number(line.atoll)} ${line.unit} | ${line.anvil === undefined ? '' : `${number(line.anvil)} ${line.unit}`} | ${ratio(line)} | ${line.budget ?? ''} | ${verdict(line)} |`,
  );
  const notes = lines.flatMap(({ what, note }) => (note === undefined ? [] : [`- ${what}: ${note}`]));
  return `# Bench of ${results.date}${results.quick ? ' (quick)' : ''}

${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, ${machine.platform}; load before the run ${machine.load_before.toFixed(2)}.
Node ${machine.node}, workerd ${machine.workerd}, ${machine.sqld}${machine.anvil === null ? '' : `, anvil ${machine.anvil}`}; commit ${machine.commit}.
${machine.anvil === null ? 'All nodes share the machine.' : `Generator, node, database and anvil share the machine. Throughput is the median of ${results.rounds} rounds, Atoll and anvil in turn.`}

| what | Atoll | anvil | ratio | budget | |
|---|---|---|---|---|---|
${rows.join('\n')}

${notes.join('\n')}
`;
}

function ratio({ atoll, anvil }: Line): string {
  return anvil === undefined ? '' : (atoll / anvil).toFixed(2);
}

function verdict({ met }: Line): string {
  if (met === undefined) return '';
  return met ? 'met' : 'missed';
}

function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(value >= 10 ? 1 : 2);
}
