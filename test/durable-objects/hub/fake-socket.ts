/** @module A socket of a hub as its unit tests see it: what was sent stays here, the attachment is a copy as in workerd. */

export interface FakeSocket extends WebSocket {
  /** Frames in the order of sending. */
  readonly sent: string[];
  readonly closed: { code: number | null };
}

/** An open socket. */
export function fakeSocket(): FakeSocket {
  let attachment: unknown = null;
  const sent: string[] = [];
  const closed: { code: number | null } = { code: null };
  const socket = {
    sent,
    closed,
    get readyState() {
      return closed.code === null ? WebSocket.OPEN : WebSocket.CLOSING;
    },
    send: (frame: string) => sent.push(frame),
    close: (code: number) => {
      closed.code = code;
    },
    serializeAttachment: (value: unknown) => {
      attachment = structuredClone(value);
    },
    deserializeAttachment: () => structuredClone(attachment),
  };
  return socket as unknown as FakeSocket;
}
