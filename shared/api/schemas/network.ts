/** @module The wire forms of nodes among others: status, peers, exchanges, notices. */
import { z } from 'zod';
import { PEER_STATES } from '../network-views.ts';
import { NOTICE_BYTES_MAX, NOTICE_HOPS_MAX, NOTICE_SEEN_MAX } from '../p2p/notice.ts';
import { PEER_URL_LENGTH_MAX } from '../p2p/peer-address.ts';
import { NODE_NAME_BYTES_MAX, PEER_RECORD_BYTES_MAX } from '../p2p/peer-record.ts';
import { chainStatusSchema, chainTypeSchema } from './node.ts';
import { chainIdSchema, countSchema, hashSchema, hexUpTo, publicKeySchema, timeSchema } from './scalars.ts';

/** Chains in one exchange: those that changed last. */
export const EXCHANGE_CHAINS_MAX = 64;
/** Lower heights that a claim shows: eight multiples of each of four strides. */
export const CHECKPOINTS_MAX = 32;
/** Records of others in one answer. */
export const EXCHANGE_PEERS_MAX = 64;
/** Bytes of an exchange as JSON: all of these at their largest. */
export const EXCHANGE_BYTES_MAX = 786_432;
/** Bytes of a notice under way as JSON. */
export const NOTICE_BODY_BYTES_MAX = 16_384;

export const nodeIdSchema = hashSchema.meta({ description: 'Node id: 0x and SHA-256 of the node key' });
const urlSchema = z
  .string()
  .max(PEER_URL_LENGTH_MAX)
  .meta({ description: 'Base URL', example: 'https://atoll.example.com' });
const recordSchema = hexUpTo(PEER_RECORD_BYTES_MAX).meta({
  description: 'Signed peer record: docs/spec/network.md',
  example: '0x83',
});

const checkpointSchema = z.object({ height: countSchema, hash: hashSchema, state_root: hashSchema });
export const chainClaimSchema = z
  .object({
    chain_id: chainIdSchema,
    genesis_hash: hashSchema,
    height: countSchema,
    head_hash: hashSchema,
    state_root: hashSchema,
    checkpoints: z.array(checkpointSchema).max(CHECKPOINTS_MAX),
  })
  .meta({ id: 'ChainClaim', description: 'A chain as a node claims to have it' });

export const exchangeSchema = z
  .object({ record: recordSchema, chains: z.array(chainClaimSchema).max(EXCHANGE_CHAINS_MAX) })
  .meta({ id: 'Exchange' });
export const exchangeAnswerSchema = exchangeSchema
  .extend({ peers: z.array(recordSchema).max(EXCHANGE_PEERS_MAX) })
  .meta({ id: 'ExchangeAnswer' });
export const leaveSchema = z.object({ record: recordSchema }).meta({ id: 'Leave' });
export const leftSchema = z.object({ left: z.literal(true) }).meta({ id: 'Left' });

export const noticeMessageSchema = z
  .object({
    content: hexUpTo(NOTICE_BYTES_MAX).meta({ description: 'Encoded notice', example: '0x8202' }),
    envelope: hexUpTo(512).meta({ description: 'Envelope of the origin over the content', example: '0x82' }),
    ttl: z.int().min(0).max(NOTICE_HOPS_MAX).meta({ description: 'Hops that are left', example: 8 }),
    seen_by: z.array(nodeIdSchema).max(NOTICE_SEEN_MAX),
  })
  .meta({ id: 'Notice' });
export const noticeResultSchema = z
  .object({ id: hashSchema, relayed: z.boolean().meta({ description: 'It was new here and goes on' }) })
  .meta({ id: 'NoticeResult' });
export const noticeStatusSchema = z
  .object({
    id: hashSchema,
    kind: z.string().meta({ example: 'beacon' }),
    origin: nodeIdSchema,
    delay_ms: z.number().meta({ description: 'From its origin to its first arrival here', example: 12 }),
    hops: countSchema,
    duplicates: countSchema,
  })
  .meta({ id: 'NoticeStatus' });

export const peerSchema = z
  .object({
    node_id: nodeIdSchema,
    node_key: publicKeySchema,
    consensus_key: publicKeySchema.nullable(),
    url: urlSchema,
    name: z.string().max(NODE_NAME_BYTES_MAX).meta({ example: 'reef-1' }),
    protocol_version: countSchema,
    capabilities: z.array(z.string()).meta({ example: ['membership'] }),
    state: z.enum(PEER_STATES).meta({ example: 'active' }),
    score: z.number().meta({ description: '-100 to 100', example: 0 }),
    failures: countSchema,
    first_seen: timeSchema,
    last_seen: timeSchema.nullable(),
    banned_until: timeSchema.nullable(),
    chains: z.array(chainClaimSchema.pick({ chain_id: true, genesis_hash: true, height: true })),
    record: recordSchema,
  })
  .meta({ id: 'Peer' });

const bootNodeSchema = z.object({
  url: urlSchema,
  state: z.enum(['joined', 'waiting', 'failing', 'self']).meta({ example: 'joined' }),
  detail: z.string().meta({ example: '' }),
});
export const peerListSchema = z
  .object({
    node_id: nodeIdSchema.nullable(),
    peers: z.array(peerSchema),
    count: countSchema,
    boot_nodes: z.array(bootNodeSchema),
    sync_interval_ms: countSchema,
    next_sync: timeSchema.nullable(),
  })
  .meta({ id: 'PeerList' });

export const nodeStatusSchema = z
  .object({
    protocol: z.literal('atoll'),
    protocol_version: countSchema,
    version: z.string().meta({ example: '0.1.0' }),
    node_id: nodeIdSchema.nullable(),
    name: z.string().meta({ example: 'reef-1' }),
    capabilities: z.array(z.string()).meta({ example: ['membership'] }),
    record: recordSchema.nullable(),
    timestamp: timeSchema,
    peers: countSchema.meta({ description: 'Active peers' }),
    chains: z.array(
      z.object({
        chain_id: chainIdSchema,
        chain_type: chainTypeSchema,
        status: chainStatusSchema,
        genesis_hash: hashSchema,
        height: countSchema,
        head_hash: hashSchema,
        state_root: hashSchema,
      }),
    ),
  })
  .meta({ id: 'NodeStatus' });

export const joinThroughSchema = z.strictObject({ url: urlSchema }).meta({ id: 'JoinThrough' });
export const leaveResultSchema = z
  .object({ told: countSchema.meta({ description: 'Peers that took the notice' }) })
  .meta({ id: 'LeaveResult' });
export const beaconSchema = z.object({ id: hashSchema }).meta({ id: 'Beacon' });

export type PeerWire = z.infer<typeof peerSchema>;
export type PeerListWire = z.infer<typeof peerListSchema>;
export type NodeStatusWire = z.infer<typeof nodeStatusSchema>;
