/** @module Two validators with three quarters and one quarter of the power: the greater one makes blocks alone. */
import { createChain } from '../../cli/admin.ts';
import { devnetAccount } from '../../cli/devnet/accounts.ts';
import { newKey } from '../../cli/keys.ts';
import { createClient } from '../../sdk/index.ts';
import { parseConsensusKey } from '../../shared/protocol/primitives/consensus-key.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { attempt } from '../support/objects.ts';

const FULL_STAKE = 1_000_000n;

export class TwoNodes {
  readonly great: TestNode;
  readonly small: TestNode;

  private constructor(great: TestNode, small: TestNode) {
    this.great = great;
    this.small = small;
  }

  /** Both run, hold the stake, and have signed. */
  static async start(): Promise<TwoNodes> {
    const keys = newKey();
    const other = {
      validator: keys.signer,
      validatorName: 'small',
      operator: devnetAccount(1, 'operator').address,
    };
    const params = { authorityWeightBps: 5_000, fullStake: FULL_STAKE, blockTimeMs: 50 };
    const great = await startTestNode({ ledger: false, create: false, others: [other], params });
    const small = await startTestNode({
      ledger: false,
      create: false,
      validator: keys,
      genesis: great.genesis,
      env: { PEERS: JSON.stringify({ [great.validator.publicKey]: great.url }) },
    });
    const nodes = new TwoNodes(great, small);
    await great.restart(nodes.peersOfGreat);
    for (const { url, adminToken } of [great, small])
      await createChain({ url, adminToken, genesis: great.genesis });
    const consensusKey = parseConsensusKey(great.validator.publicKey);
    await nodes.send({ type: 'stake', payload: { consensusKey, amount: FULL_STAKE } });
    await attempt(async () => {
      const { validators } = await createClient({ url: great.url }).validators();
      const share = validators.find(({ consensus_key }) => consensus_key === consensusKey)?.power;
      if (share !== 750_000_000) throw new Error(`the greater one has ${share}`);
    });
    return nodes;
  }

  get peersOfGreat(): Record<string, string> {
    return { PEERS: JSON.stringify({ [this.small.validator.publicKey]: this.small.url }) };
  }

  /** Sends to the greater node and waits until it is final there; the height. */
  async send(request: { type: string; payload: unknown }): Promise<number> {
    const [sender] = this.great.accounts;
    const client = createClient({
      url: this.great.url,
      ...(sender === undefined ? {} : { signer: sender.signer }),
    });
    const outcome = await (await client.send(request)).wait();
    if (outcome.receipt_code !== 0) throw new Error(`it failed: ${outcome.receipt_status}`);
    return outcome.height ?? 0;
  }

  /** One more block; its height. */
  async block(): Promise<number> {
    const payload = { recipient: this.great.accounts[1]?.address, asset: '', amount: 1n };
    return await this.send({ type: 'transfer', payload });
  }

  async stop(): Promise<void> {
    await this.small.stop();
    await this.great.stop();
  }
}

/** How the key of a node stands. */
export async function signingOf(node: TestNode) {
  return (await createClient({ url: node.url }).consensus()).signing;
}

/** Height of a node's head. */
export async function heightOf(node: TestNode): Promise<number> {
  return (await createClient({ url: node.url }).consensus()).height - 1;
}
