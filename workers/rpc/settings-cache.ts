/** @module The settings of the isolate: parsed once per environment, before its first request. */
import { ApiError } from '../../shared/api/problems.ts';
import { parseSettings, type Settings, SettingsError } from '../../shared/api/settings.ts';
import { configureLogs } from '../../shared/observability/log.ts';
import type { Env } from '../env.ts';

const parsed = new WeakMap<Env, Settings | SettingsError>();

/** The settings. Throws CONFIG_INVALID that names every fault. */
export function settingsOf(env: Env): Settings {
  const known = parsed.get(env) ?? parseOnce(env);
  if (!(known instanceof SettingsError)) return known;
  const errors = known.faults.map(({ name, detail }) => ({ pointer: `/settings/${name}`, detail }));
  throw new ApiError('CONFIG_INVALID', `wrong settings: ${known.message}`, { errors });
}

function parseOnce(env: Env): Settings | SettingsError {
  const outcome = tryParse(env);
  configureLogs(outcome instanceof SettingsError ? 'info' : outcome.logLevel);
  parsed.set(env, outcome);
  return outcome;
}

function tryParse(env: Env): Settings | SettingsError {
  try {
    return parseSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
}
