/** @module Routes over synchronisation. A part of the route table. */
import { ok } from './route-parts.ts';
import { BODY_BYTES_BLOCK, type RouteSpec } from './route-spec.ts';
import { importedBlockSchema, importOutcomeSchema, syncStatusSchema } from './schemas/sync.ts';

/** Routes over synchronisation. */
export const SYNC_ROUTES = [
  {
    name: 'get_sync_status',
    method: 'GET',
    path: '/sync_status',
    aliases: ['/rpc/sync_status', '/rpc/syncStatus'],
    scope: 'chain',
    tag: 'chains',
    summary: 'How far the chain is, beside its peers and its ledger',
    description: 'Known to the node without waking an idle chain.',
    answers: ok('State, progress, rate and time left', syncStatusSchema),
    problems: [],
  },
  {
    name: 'import_block',
    method: 'POST',
    path: '/rpc/importBlock',
    aliases: ['/rpc/import_block'],
    scope: 'chain',
    tag: 'blocks',
    summary: 'Import one final block',
    description:
      'Takes a block as blocks-range of another node gives it. Every certificate, signature, hash and root is checked; ' +
      'what the JSON only derives is not read. The same block again changes nothing.',
    body: { schema: importedBlockSchema, bytesMax: BODY_BYTES_BLOCK },
    answers: ok('The block is part of the chain', importOutcomeSchema),
    problems: ['BLOCK_INVALID', 'BLOCK_CONFLICT', 'BLOCK_GAP', 'CHAIN_HALTED', 'RATE_LIMITED'],
  },
] as const satisfies readonly RouteSpec[];
