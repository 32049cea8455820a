/** @module A memo around the real verifier and signer: nodes of one process need not check the same signature one after the other. */
import { nativeVerifier } from '../../shared/native/verifier.ts';
import type { Signer, Verifier } from '../../shared/protocol/crypto/verifier.ts';
import { equalBytes } from '../../shared/protocol/primitives/bytes.ts';

interface Checked {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly holds: boolean;
}

export class VerifierMemo implements Verifier {
  /** By the bytes of a signature: what it was checked for first. */
  readonly #checked = new Map<string, Checked>();
  /** Signatures by signer and message: the same words have the same signature. */
  readonly #made = new Map<string, Map<string, Uint8Array>>();

  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const id = latin1(signature);
    const checked = this.#checked.get(id);
    if (checked === undefined) {
      const holds = nativeVerifier.verify(publicKey, message, signature);
      this.#checked.set(id, { publicKey, message, holds });
      return holds;
    }
    const isSame = equalBytes(checked.publicKey, publicKey) && equalBytes(checked.message, message);
    return isSame ? checked.holds : nativeVerifier.verify(publicKey, message, signature);
  }

  /** The signer of a label with a memory: byzantine nodes sign the same words for each node, and what it has made holds. */
  signer(label: string, signer: Signer): Signer {
    const { publicKey } = signer;
    let made = this.#made.get(label);
    if (made === undefined) {
      made = new Map();
      this.#made.set(label, made);
    }
    const known = made;
    return {
      publicKey,
      sign: (message) => {
        const id = latin1(message);
        let signature = known.get(id);
        if (signature === undefined) {
          signature = signer.sign(message);
          known.set(id, signature);
          this.holds(publicKey, message, signature);
        }
        return signature;
      },
    };
  }

  /** Remembers what the real signer has just made. */
  holds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
    this.#checked.set(latin1(signature), { publicKey, message, holds: true });
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
