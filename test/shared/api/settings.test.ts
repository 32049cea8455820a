/** @module Settings: all faults at once, no secret in a message. */
import { describe, expect, test } from 'vitest';
import { parseSettings, type SettingsError } from '../../../shared/api/settings.ts';

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    parseSettings(env);
    return [];
  } catch (error) {
    return (error as SettingsError).faults.map((fault) => fault.name);
  }
};

describe('settings', () => {
  test('are complete without any var', () => {
    expect(parseSettings({})).toMatchObject({ supportedChains: [], logLevel: 'info', ledger: undefined });
  });

  test('take an empty var for an absent one', () => {
    expect(parseSettings({ SUPPORTED_CHAINS: '', DATABASE_URL: '', GENESIS: '' })).toEqual(parseSettings({}));
  });

  test('are parsed into what the node works with', () => {
    const settings = parseSettings({
      SUPPORTED_CHAINS: 'main, side',
      LOG_LEVEL: 'WARN',
      DATABASE_URL: 'https://{chain}.example.com',
      DATABASE_REPLICAS: '{"weur":"http://127.0.0.1:1"}',
      DATABASE_AUTH_TOKEN: 'write',
      VALIDATOR_KEY: `0x${'11'.repeat(32)}`,
    });
    expect(settings.supportedChains).toEqual(['main', 'side']);
    expect(settings.logLevel).toBe('warning');
    expect(settings.ledger).toMatchObject({
      namespaced: false,
      readToken: 'write',
      replicas: { weur: 'http://127.0.0.1:1' },
    });
    expect(settings.validatorKey).toEqual(new Uint8Array(32).fill(0x11));
  });

  test('name every fault at once', () => {
    const env = {
      SUPPORTED_CHAINS: 'a,a',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'ftp://x',
      DATABASE_REPLICAS: '{',
      VALIDATOR_KEY: '0x12',
      ADMIN_TOKEN: 'short',
      CONSENSUS_MODE: 'pow',
      BLOCK_TIME: '1',
    };
    expect([...faultsOf(env)].sort()).toEqual(Object.keys(env).sort());
  });

  test('refuse what does not go together', () => {
    expect(faultsOf({ DATABASE_REPLICAS: '{}' })).toEqual(['DATABASE_REPLICAS']);
    expect(faultsOf({ DATABASE_ADMIN: 'sqld' })).toEqual(['DATABASE_ADMIN_URL']);
    expect(faultsOf({ DB_ENCRYPTION_ENABLED: 'true' })).toEqual(['DB_ENCRYPTION_ENABLED']);
    expect(faultsOf({ DB_ENCRYPTION_ENABLED: 'true', DATABASE_ENCRYPTION: 'operator' })).toEqual([]);
  });

  test('never repeat a value', () => {
    const secret = 'sesame-sesame';
    const env = {
      VALIDATOR_KEY: secret,
      ADMIN_TOKEN: secret,
      GENESIS: secret,
      DATABASE_REPLICAS: secret,
      LOG_LEVEL: secret,
    };
    try {
      parseSettings(env);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain(secret);
      expect(JSON.stringify((error as SettingsError).faults)).not.toContain(secret);
    }
  });
});
