/** @module What a peer can do wrong on a link. Each of these closes the socket it came on. */
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';

export type LinkErrorCode =
  | 'LINK_TEXT_MESSAGE'
  | 'LINK_MESSAGE_TOO_LARGE'
  | 'LINK_SEQUENCE_BROKEN'
  | 'LINK_ACK_UNKNOWN'
  | 'LINK_RULE_BROKEN'
  | 'LINK_HANDSHAKE_FAILED';

/** A message that no honest node sends. */
export class LinkError extends ProtocolError<LinkErrorCode> {
  override readonly name = 'LinkError';
}
