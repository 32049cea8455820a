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

/** The chain that a node speaks about, and its clock. */
export interface LocalEnd {
  readonly chainId: string;
  readonly genesisHash: HashHex;
  now(): number;
}

export class Handshake {
  readonly #end: LocalEnd;
  #lastTimeMs = 0;

  constructor(end: LocalEnd) {
    this.#end = end;
  }

  /** The envelope of a dial, and its nonce. */
  dial(self: ValidatorKeys, to: ConsensusKey): { sealed: Uint8Array<ArrayBuffer>; nonce: Uint8Array } {
    const nonce = newNonce();
    return { sealed: this.#seal(self, to, 'dial', nonce, EMPTY_BODY_HASH), nonce };
  }

  /** The envelope of a request with this body hash. */
  request(
    self: ValidatorKeys,
    to: ConsensusKey,
    channel: 'frames' | 'blocks',
    bodyHash: HashHex,
  ): Uint8Array<ArrayBuffer> {
    return this.#seal(self, to, channel, newNonce(), bodyHash);
  }

  /** The answer to a dial, by the key that was dialled, and what the dialler must sign in turn. */
  hello(self: ValidatorKeys, dial: Envelope): { sealed: Uint8Array<ArrayBuffer>; challenge: HashHex } {
    const nonce = newNonce();
    const challenge = challengeHash(dial.nonce, nonce);
    return { sealed: this.#seal(self, dial.from, 'hello', nonce, challenge), challenge };
  }

  /** The dialler checks the answer and signs the last word. Throws LinkError unless the right node gave it just now. */
  confirm(
    self: ValidatorKeys,
    to: ConsensusKey,
    dialNonce: Uint8Array,
    hello: SignedEnvelope | null,
  ): Uint8Array<ArrayBuffer> {
    const challenge = hello === null ? null : challengeHash(dialNonce, hello.envelope.nonce);
    const pair = { from: to, to: self.consensusKey };
    if (hello === null || challenge === null || !this.#isFrom(hello, pair, 'hello', challenge)) {
      throw new LinkError('LINK_HANDSHAKE_FAILED', 'the answer is not signed by the peer over this dial');
    }
    return this.#seal(self, to, 'confirm', newNonce(), challenge);
  }

  /** The acceptor checks the last word. Throws LinkError or CodecError. */
  checkConfirm(pair: Pick<Envelope, 'from' | 'to'>, challenge: string, sealed: Uint8Array): void {
    if (!this.#isFrom(decodeEnvelope(sealed), pair, 'confirm', challenge)) {
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
    self: ValidatorKeys,
    to: ConsensusKey,
    channel: Envelope['channel'],
    nonce: Uint8Array,
    bodyHash: HashHex,
  ): Uint8Array<ArrayBuffer> {
    const { chainId, genesisHash } = this.#end;
    const timeMs = this.#nextTimeMs();
    const envelope = { from: self.consensusKey, to, chain: chainId, channel, nonce, timeMs, bodyHash };
    return sealEnvelope(envelope, genesisHash, self.signer);
  }

  #isFrom(
    signed: SignedEnvelope,
    { from, to }: Pick<Envelope, 'from' | 'to'>,
    channel: Envelope['channel'],
    bodyHash: string,
  ): boolean {
    const { envelope } = signed;
    const { chainId, genesisHash } = this.#end;
    return (
      envelope.from === from &&
      envelope.to === to &&
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
