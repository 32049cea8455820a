/**
 * @module Structured logs: one JSON object a line with timestamp, level, service, module, function, message and the
 * fields of the event (chain_id, height, request_id where they exist). Secrets never enter a field.
 */
import { configureSync, getConfig, getLogger, type LogLevel, type LogRecord } from '@logtape/logtape';

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const;
export type Level = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

const SERVICE = 'atoll';

/** One JSON line of a record; property order is fixed so that people can read it unaided. */
export function formatRecord(record: LogRecord): string {
  const { message, ...fields } = record.properties as LogFields & { message?: string };
  return JSON.stringify({
    timestamp: new Date(record.timestamp).toISOString(),
    level: record.level,
    service: SERVICE,
    module: record.category.slice(1).join('.'),
    message: message ?? record.rawMessage,
    ...fields,
  });
}

/** Sets the lowest level that is written. Called once per isolate, before the first request is served. */
export function configureLogs(lowestLevel: Level): void {
  configureSync({
    reset: getConfig() !== null,
    sinks: { console: (record) => console.log(formatRecord(record)) },
    loggers: [
      { category: SERVICE, sinks: ['console'], lowestLevel: lowestLevel as LogLevel },
      { category: ['logtape', 'meta'], sinks: ['console'], lowestLevel: 'warning' },
    ],
  });
}

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger of one module. `context` fields are part of each of its lines. */
export function createLogger(module: string, context: LogFields = {}): Logger {
  const logger = getLogger([SERVICE, module]);
  const write =
    (level: Level) =>
    (message: string, fields: LogFields = {}) =>
      logger[level]('{message}', { ...context, ...fields, message });
  return { debug: write('debug'), info: write('info'), warning: write('warning'), error: write('error') };
}

/** What an unknown thrown value says, for a log field or a problem detail. */
export function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
