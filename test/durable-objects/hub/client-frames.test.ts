/** @module Laws of what clients may send: exactly the documented frames, anything else named. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClientFrame, readSubscribe } from '../../../durable-objects/hub/client-frames.ts';
import {
  CREDIT_EVENTS_DEFAULT,
  CREDIT_EVENTS_MAX,
  decodeCursor,
  encodeCursor,
  type SubscribeFrame,
} from '../../../shared/api/frames.ts';

const subscribe = (members: object = {}) => ({ id: 1, type: 'subscribe', topic: 'new_blocks', ...members });
const isTaken = (frame: unknown) => parseClientFrame(JSON.stringify(frame)).ok;

describe('a client frame', () => {
  it('is taken when it is one of the three kinds', () => {
    expect(isTaken(subscribe())).toBe(true);
    expect(isTaken({ id: 'a', type: 'unsubscribe', sub: 's1' })).toBe(true);
    expect(isTaken({ type: 'ack', sub: 's1', seq: 0 })).toBe(true);
  });

  it.each([
    ['an unknown member', subscribe({ fromheight: 1 })],
    ['an unknown topic', subscribe({ topic: 'blocks' })],
    ['an unknown filter', subscribe({ filter: { addr: '0x' } })],
    ['no id', { type: 'subscribe', topic: 'new_blocks' }],
    ['a negative height', subscribe({ from_height: -1 })],
    ['a fraction', subscribe({ from_height: 1.5 })],
    ['no credit', subscribe({ credit: 0 })],
    ['one event of credit too many', subscribe({ credit: CREDIT_EVENTS_MAX + 1 })],
    ['an unknown kind', { id: 1, type: 'publish' }],
    ['a list', [subscribe()]],
    ['nothing', null],
  ])('is refused with %s', (_name, frame) => {
    expect(isTaken(frame)).toBe(false);
  });

  it('takes the largest credit', () => {
    expect(isTaken(subscribe({ credit: CREDIT_EVENTS_MAX }))).toBe(true);
  });

  it('keeps the id of a faulty frame where it can be read', () => {
    const parsed = parseClientFrame(JSON.stringify(subscribe({ id: 'x', topic: 'no' })));
    expect(parsed).toMatchObject({ ok: false, id: 'x', detail: expect.stringContaining('topic') });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(typeof parseClientFrame(text).ok).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});

describe('the start of a subscription', () => {
  const read = (members: object) => readSubscribe(subscribe(members) as SubscribeFrame);

  it('is the next block by default', () => {
    expect(read({})).toEqual({ ok: true, next: null, credit: CREDIT_EVENTS_DEFAULT });
  });

  it('includes from_height, and height 1 stands for anything below', () => {
    expect(read({ from_height: 5 })).toMatchObject({ next: { height: 5, index: 0 } });
    expect(read({ from_height: 0 })).toMatchObject({ next: { height: 1, index: 0 } });
  });

  it('is never both a height and a cursor', () => {
    expect(read({ from_height: 5, cursor: '4.1' }).ok).toBe(false);
  });

  it('takes only filters that mean something for the topic', () => {
    expect(read({ filter: { address: `0x${'a'.repeat(40)}` } }).ok).toBe(false);
    expect(read({ topic: 'messages', filter: { address: `0x${'a'.repeat(40)}` } }).ok).toBe(true);
  });
});

describe('a cursor', () => {
  it('comes back as the position that it was made of', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), fc.nat({ max: 100_000 }), (height, index) => {
        expect(decodeCursor(encodeCursor({ height, index }))).toEqual({ height, index });
      }),
    );
  });

  it.each(['', '1', '1.', '.1', '01.1', '1.1 ', '-1.0', '1e3.0', '9999999999999999.0'])(
    'is none in the text "%s"',
    (text) => {
      expect(decodeCursor(text)).toBeNull();
    },
  );
});
