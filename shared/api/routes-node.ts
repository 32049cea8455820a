/** @module Routes over the node itself. A part of the route table. */
import { z } from 'zod';
import { ok } from './route-parts.ts';
import type { RouteSpec } from './route-spec.ts';
import { healthSchema, livezSchema, readyzSchema } from './schemas/node.ts';

/** Routes over the node itself. */
export const NODE_ROUTES = [
  {
    name: 'health',
    method: 'GET',
    path: '/health',
    aliases: [],
    scope: 'node',
    tag: 'node',
    summary: 'Summary for people',
    answers: ok('The node and its chains', healthSchema),
    problems: [],
  },
  {
    name: 'livez',
    method: 'GET',
    path: '/livez',
    aliases: ['/ping/'],
    scope: 'node',
    tag: 'node',
    summary: 'The process answers',
    answers: ok('Always', livezSchema),
    problems: [],
    restOnly: true,
    withoutSettings: true,
  },
  {
    name: 'readyz',
    method: 'GET',
    path: '/readyz',
    aliases: [],
    scope: 'node',
    tag: 'node',
    summary: 'The node can serve',
    answers: {
      200: { description: 'Ready', schema: readyzSchema },
      503: { description: 'Not ready', schema: readyzSchema },
    },
    problems: [],
    restOnly: true,
  },
  {
    name: 'metrics',
    method: 'GET',
    path: '/metrics',
    aliases: [],
    scope: 'node',
    tag: 'node',
    summary: 'Prometheus metrics',
    answers: {
      200: { description: 'Text exposition', schema: z.string(), type: 'text/plain' },
    },
    problems: [],
    restOnly: true,
  },
] as const satisfies readonly RouteSpec[];
