/** @module Routes over final blocks. A part of the route table. */
import { z } from 'zod';
import { blockParams, height, includeTx, ok, orderText, pageShape } from './route-parts.ts';
import type { RouteSpec } from './route-spec.ts';
import {
  blockListSchema,
  blockSchema,
  blocksRangeSchema,
  headSchema,
  RANGE_BLOCKS_MAX,
} from './schemas/block.ts';
import { countText } from './schemas/scalars.ts';

/** Routes over final blocks. */
export const BLOCK_ROUTES = [
  {
    name: 'get_head',
    method: 'GET',
    path: '/rpc/get_head',
    aliases: ['/rpc/head', '/rpc/height'],
    scope: 'chain',
    tag: 'blocks',
    summary: 'Head of the chain',
    description: 'Known to the node without waking an idle chain.',
    answers: ok('The newest final block in short', headSchema),
    problems: [],
  },
  {
    name: 'get_block',
    method: 'GET',
    path: '/rpc/get_block/{block_id}',
    aliases: ['/rpc/blocks/{block_id}', '/rpc/block/{block_id}'],
    scope: 'chain',
    tag: 'blocks',
    summary: 'One block',
    params: blockParams,
    query: z.strictObject({ include_tx: includeTx(true) }),
    answers: ok('The block with its commit certificate', blockSchema),
    problems: ['BLOCK_UNKNOWN'],
  },
  {
    name: 'get_blocks',
    method: 'GET',
    path: '/rpc/blocks',
    aliases: ['/api/v1/blockchain/'],
    scope: 'chain',
    tag: 'blocks',
    summary: 'Blocks, newest first',
    query: z.strictObject({ ...pageShape, order: orderText }),
    answers: ok('One page, without transactions: get_block and blocks-range have them', blockListSchema),
    problems: ['CURSOR_INVALID'],
  },
  {
    name: 'get_blocks_range',
    method: 'GET',
    path: '/rpc/blocks-range',
    aliases: [],
    scope: 'chain',
    tag: 'blocks',
    summary: 'Blocks of a range of heights, ascending',
    description: `At most ${RANGE_BLOCKS_MAX} blocks or 8 MB an answer; next_start says where to go on.`,
    query: z.strictObject({
      start: countText().optional().meta(height('First height; 1 unless said')),
      end: countText().optional().meta(height('Last height')),
      limit: countText(RANGE_BLOCKS_MAX, 1)
        .optional()
        .meta({ type: 'integer', description: 'Alone: the newest blocks, so many', example: 10 }),
      include_tx: includeTx(true),
    }),
    answers: ok('The blocks', blocksRangeSchema),
    problems: ['RANGE_INVALID'],
  },
] as const satisfies readonly RouteSpec[];
