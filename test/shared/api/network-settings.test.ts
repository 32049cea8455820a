/** @module The settings of a node among others: forms, defaults, and what does not go together. */
import { describe, expect, it } from 'vitest';
import { parseSettings, type SettingsError } from '../../../shared/api/settings.ts';

const KEY = { NODE_KEY: `0x${'22'.repeat(32)}` };
const PUBLIC = { ...KEY, NODE_URL: 'https://node.example.com' };
const PRIVATE = { ENVIRONMENT: 'development', ALLOW_PRIVATE_PEERS: 'true' };

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    parseSettings(env);
    return [];
  } catch (error) {
    return (error as SettingsError).faults.map(({ name }) => name);
  }
};

describe('the network of a node', () => {
  it('is off unless it is told where it is', () => {
    expect(parseSettings({}).network).toEqual({
      url: undefined,
      bootNodes: [],
      syncIntervalMs: 60_000,
      syncJitterMs: 30_000,
      allowPrivatePeers: false,
      genesisHashes: {},
      webhook: undefined,
    });
  });

  it('is read from its vars', () => {
    const genesis = `0x${'11'.repeat(32)}`;
    const { network, nodeKey } = parseSettings({
      ...PUBLIC,
      NODE_URL: 'https://Node.Example.com:443/',
      BOOT_NODE: 'https://a.example.com, https://b.example.com/base/',
      NETWORK_SYNC_INTERVAL: '90',
      NETWORK_SYNC_JITTER: '0',
      GENESIS_HASHES: JSON.stringify({ main: genesis }),
      ALERT_WEBHOOK_URL: 'https://alerts.example.com/atoll',
      ALERT_WEBHOOK_SECRET: 'a-secret-of-the-operator',
    });
    expect(nodeKey).toEqual(new Uint8Array(32).fill(0x22));
    expect(network).toEqual({
      url: 'https://node.example.com',
      bootNodes: ['https://a.example.com', 'https://b.example.com/base'],
      syncIntervalMs: 90_000,
      syncJitterMs: 0,
      allowPrivatePeers: false,
      genesisHashes: { main: genesis },
      webhook: { url: 'https://alerts.example.com/atoll', secret: 'a-secret-of-the-operator' },
    });
  });

  it('takes the key of the validator where it has none of its own', () => {
    const validator = { VALIDATOR_KEY: `0x${'33'.repeat(32)}` };
    expect(parseSettings(validator).nodeKey).toEqual(new Uint8Array(32).fill(0x33));
    expect(parseSettings({ ...validator, ...KEY }).nodeKey).toEqual(new Uint8Array(32).fill(0x22));
  });

  it.each([
    ['NODE_URL', 'http://node.example.com'],
    ['NODE_URL', 'https://user@node.example.com'],
    ['BOOT_NODE', 'https://a.example.com,nonsense'],
    ['BOOT_NODE', Array.from({ length: 17 }, (_, index) => `https://n${index}.example.com`).join()],
    ['NETWORK_SYNC_INTERVAL', '0'],
    ['NETWORK_SYNC_INTERVAL', '-1s'],
    ['NETWORK_SYNC_JITTER', 'soon'],
    ['GENESIS_HASHES', '{'],
    ['GENESIS_HASHES', '{"main":"0x12"}'],
    ['GENESIS_HASHES', `{"Main!":"0x${'11'.repeat(32)}"}`],
    ['ENVIRONMENT', 'staging'],
    ['ALLOW_PRIVATE_PEERS', 'yes'],
    ['NODE_KEY', '0x12'],
    ['ALERT_WEBHOOK_SECRET', 'short'],
    ['ALERT_WEBHOOK_SECRET', 'whsec_not base64, whatever its length'],
  ])('refuses %s=%s', (name, value) => {
    expect(faultsOf({ ...PUBLIC, [name]: value })).toContain(name);
  });

  it('meets private addresses in development only', () => {
    const local = { ...KEY, NODE_URL: 'http://127.0.0.1:9080', BOOT_NODE: 'http://10.0.0.1' };
    expect([...faultsOf(local)].sort()).toEqual(['BOOT_NODE', 'NODE_URL']);
    expect(faultsOf({ ...local, ALLOW_PRIVATE_PEERS: 'true' })).toEqual(['ALLOW_PRIVATE_PEERS']);
    expect(faultsOf({ ...local, ...PRIVATE, ENVIRONMENT: 'production' })).toEqual(['ALLOW_PRIVATE_PEERS']);
    expect(faultsOf({ ...local, ...PRIVATE })).toEqual([]);
  });

  it('needs a key with an address, an address with a boot node, and a secret with a webhook', () => {
    expect(faultsOf({ NODE_URL: 'https://node.example.com' })).toEqual(['NODE_URL']);
    expect(faultsOf({ ...KEY, BOOT_NODE: 'https://a.example.com' })).toEqual(['BOOT_NODE']);
    const webhook = { ALERT_WEBHOOK_URL: 'https://alerts.example.com' };
    expect(faultsOf(webhook)).toEqual(['ALERT_WEBHOOK_URL']);
    const secret = { ALERT_WEBHOOK_SECRET: 'a-secret-of-the-operator' };
    expect(faultsOf({ ...webhook, ...secret })).toEqual([]);
    expect(faultsOf({ ALERT_WEBHOOK_URL: 'http://localhost:99', ...secret })).toEqual(['ALERT_WEBHOOK_URL']);
  });
});
