/** @module Applies a change of bytes to whatever carries bytes. */
import type { Frame } from '../frame.ts';

/** The frame with its bytes changed, or null for one that has none. */
export function damaged(frame: Frame, change: (bytes: Uint8Array) => Uint8Array): Frame | null {
  switch (frame.kind) {
    case 'consensus':
      return { ...frame, bytes: change(frame.bytes), body: frame.body === null ? null : change(frame.body) };
    case 'block':
    case 'evidence':
      return { ...frame, bytes: change(frame.bytes) };
    case 'decided':
      return {
        ...frame,
        blocks: frame.blocks.map(({ certificate, body }) => ({
          certificate: change(certificate),
          body: change(body),
        })),
      };
    default:
      return null;
  }
}
