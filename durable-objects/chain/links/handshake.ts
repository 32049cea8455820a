/**
 * @module The mutual challenge that opens a link. The dialler's envelope carries its nonce, the answer is signed over
 * both nonces, and the first message of the dialler is signed over both as well: neither side can be played back.
 */
import {
  challengeHash,
  decodeEnvelope,
  EMPTY_BODY_HASH,
  ENVELOPE_WINDOW_MS,
  type Envelope,
  isEnvelopeTrue,
  isTimely,
  NONCE_BYTES,
  type SignedEnvelope,
  sealEnvelope,
} from '../../../shared/api/p2p/envelope.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { ValidatorKeys } from '../validator-key.ts';
import { LinkError } from './link-error.ts';

/** Who this node is on its chain. */
export interface LocalEnd {
  readonly chainId: string;
  readonly genesisHash: HashHex;
  readonly self: ValidatorKeys;
  now(): number;
}

export class Handshake {
  readonly #end: LocalEnd;
  #lastTimeMs = 0;

  constructor(end: LocalEnd) {
    this.#end = end;
  }

  /** The envelope of a dial, and its nonce. */
  dial(to: ConsensusKey): { sealed: Uint8Array<ArrayBuffer>; nonce: Uint8Array } {
    const nonce = newNonce();
    return { sealed: this.#seal(to, 'dial', nonce, EMPTY_BODY_HASH), nonce };
  }

  /** The envelope of a request with this body hash. */
  request(to: ConsensusKey, bodyHash: HashHex): Uint8Array<ArrayBuffer> {
    return this.#seal(to, 'frames', newNonce(), bodyHash);
  }

  /** The acceptor's answer to a dial, and what the dialler must sign in turn. */
  hello(dial: Envelope): { sealed: Uint8Array<ArrayBuffer>; challenge: HashHex } {
    const nonce = newNonce();
    const challenge = challengeHash(dial.nonce, nonce);
    return { sealed: this.#seal(dial.from, 'hello', nonce, challenge), challenge };
  }

  /** The dialler checks the answer and signs the last word. Throws LinkError unless the right node gave it just now. */
  confirm(to: ConsensusKey, dialNonce: Uint8Array, hello: SignedEnvelope | null): Uint8Array<ArrayBuffer> {
    const challenge = hello === null ? null : challengeHash(dialNonce, hello.envelope.nonce);
    if (hello === null || challenge === null || !this.#isFrom(hello, to, 'hello', challenge)) {
      throw new LinkError('LINK_HANDSHAKE_FAILED', 'the answer is not signed by the peer over this dial');
    }
    return this.#seal(to, 'confirm', newNonce(), challenge);
  }

  /** The acceptor checks the last word. Throws LinkError or CodecError. */
  checkConfirm(from: ConsensusKey, challenge: string, sealed: Uint8Array): void {
    if (!this.#isFrom(decodeEnvelope(sealed), from, 'confirm', challenge)) {
      throw new LinkError('LINK_HANDSHAKE_FAILED', 'the first message does not answer the challenge');
    }
  }

  /**
   * Times rise, so that a receiver can refuse every envelope that is not newer than the last. Only a clock that was
   * set back by more than receivers tolerate starts anew.
   */
  #nextTimeMs(): number {
    const nowMs = this.#end.now();
    const isAhead = this.#lastTimeMs >= nowMs && this.#lastTimeMs - nowMs < ENVELOPE_WINDOW_MS;
    this.#lastTimeMs = isAhead ? this.#lastTimeMs + 1 : nowMs;
    return this.#lastTimeMs;
  }

  #seal(
    to: ConsensusKey,
    channel: Envelope['channel'],
    nonce: Uint8Array,
    bodyHash: HashHex,
  ): Uint8Array<ArrayBuffer> {
    const { chainId, genesisHash, self } = this.#end;
    const timeMs = this.#nextTimeMs();
    const envelope = { from: self.consensusKey, to, chain: chainId, channel, nonce, timeMs, bodyHash };
    return sealEnvelope(envelope, genesisHash, self.signer);
  }

  #isFrom(
    signed: SignedEnvelope,
    from: ConsensusKey,
    channel: Envelope['channel'],
    bodyHash: string,
  ): boolean {
    const { envelope } = signed;
    const { chainId, genesisHash, self } = this.#end;
    return (
      envelope.from === from &&
      envelope.to === self.consensusKey &&
      envelope.chain === chainId &&
      envelope.channel === channel &&
      envelope.bodyHash === bodyHash &&
      isTimely(envelope, this.#end.now()) &&
      isEnvelopeTrue(signed, genesisHash, nativeVerifier)
    );
  }
}

function newNonce(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
}
