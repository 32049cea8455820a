/** @module What a command prints: data on stdout, talk on stderr; one JSON document (or one per line) with `--json`. */
import { styleText } from 'node:util';
import { EXIT_CODES, toCliError } from './errors.ts';

/** Where a command writes. */
export interface Output {
  readonly json: boolean;
  /** The answer of the command: `lines` for people, `data` for programs. */
  result(data: unknown, lines: readonly string[]): void;
  /** One event of a stream: a line for people, one NDJSON line for programs. */
  event(data: unknown, line: string): void;
  /** Talk: progress and advice. Never on stdout, silent with `--quiet`. */
  note(line: string): void;
}

type Style = Parameters<typeof styleText>[0];

/** Colours text for a terminal; NO_COLOR, FORCE_COLOR, TERM=dumb and pipes are honoured. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/** The output of one run of the command. */
export function createOutput(options: { json: boolean; quiet: boolean }): Output {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  return {
    json: options.json,
    result(data, lines) {
      if (options.json) print(toJson(data));
      else for (const line of lines) print(line);
    },
    event: (data, line) => print(options.json ? toJson(data) : line),
    note: (line) => {
      if (!options.quiet) process.stderr.write(`${line}\n`);
    },
  };
}

/** JSON with amounts as decimal strings, as everywhere on the wire. */
export function toJson(data: unknown): string {
  return JSON.stringify(data, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** Prints a failure on stderr (as JSON with `--json`) and returns its exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  const failure = toCliError(error);
  if (json) {
    const { kind, message, code, hint } = failure;
    process.stderr.write(`${toJson({ error: { kind, code, message, hint } })}\n`);
    return EXIT_CODES[failure.kind];
  }
  const code = failure.code === null ? '' : ` [${failure.code}]`;
  process.stderr.write(`${paint(['red', 'bold'], 'error:', process.stderr)} ${failure.message}${code}\n`);
  if (failure.hint !== null)
    process.stderr.write(`${paint('cyan', 'hint:', process.stderr)}  ${failure.hint}\n`);
  if (process.env.ATOLL_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return EXIT_CODES[failure.kind];
}

/** Aligned `name  value` lines. */
export function fields(
  entries: readonly (readonly [string, string | number | bigint | null | undefined])[],
): string[] {
  const shown = entries.filter(([, value]) => value !== undefined && value !== null);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${paint('dim', name.padEnd(width))}  ${value}`);
}
