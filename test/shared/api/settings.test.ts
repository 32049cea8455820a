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

  test('take peers under https anywhere and under http at private addresses, which are for development', () => {
    const key = `0x${'ab'.repeat(32)}`;
    const peersAt = (url: string) => ({ PEERS: JSON.stringify({ [key]: url }) });
    const development = { ENVIRONMENT: 'development', ALLOW_PRIVATE_PEERS: 'true' };
    const urlsOf = (url: string) => [...parseSettings({ ...development, ...peersAt(url) }).peers];
    expect(parseSettings({}).peers.size).toBe(0);
    for (const url of [
      'https://node.example',
      'http://127.0.0.1:8787',
      'http://localhost:1',
      'http://[::1]:1',
    ]) {
      expect(urlsOf(url)).toEqual([[key, url]]);
      expect(faultsOf(peersAt(url))).toEqual(url.startsWith('http:') ? ['PEERS'] : []);
    }
    expect(faultsOf(peersAt('https://10.0.0.1'))).toEqual(['PEERS']);
    expect(urlsOf('https://node.example/base/')).toEqual([[key, 'https://node.example/base']]);
    const bad = [
      { [key]: 'http://node.example' },
      { [key]: 'http://127.0.0.1.example' },
      { [key]: 'ws://127.0.0.1' },
      { [key]: 'https://user@node.example' },
      { [key]: 'https://node.example?a=b' },
      { [key]: 'https://node.example#' },
      { [key]: 'node' },
      { [key.toUpperCase()]: 'https://node.example' },
      { [key.slice(0, -2)]: 'https://node.example' },
      [],
    ];
    for (const peers of bad) expect(faultsOf({ PEERS: JSON.stringify(peers) })).toEqual(['PEERS']);
  });

  test('take as many peers as a validator set can have', () => {
    const peers = (count: number) =>
      JSON.stringify(
        Object.fromEntries(
          Array.from({ length: count }, (_, index) => [
            `0x${index.toString(16).padStart(64, '0')}`,
            'https://node.example',
          ]),
        ),
      );
    expect(parseSettings({ PEERS: peers(64) }).peers.size).toBe(64);
    expect(faultsOf({ PEERS: peers(65) })).toEqual(['PEERS']);
  });
});
