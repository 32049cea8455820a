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
  readonly #known = new Map<string, boolean>();
  /** Signatures by key and message: the same words have the same signature. */
  readonly #made = new Map<string, Uint8Array>();
  /** The same by the object that holds a signature: nodes that got one message share its decoded parts. */
  readonly #checked = new WeakMap<Uint8Array, Checked>();

  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const checked = this.#checked.get(signature);
    if (
      checked !== undefined &&
      equalBytes(checked.publicKey, publicKey) &&
      equalBytes(checked.message, message)
    )
      return checked.holds;
    const holds = this.#lookUp(publicKey, message, signature);
    this.#checked.set(signature, { publicKey, message, holds });
    return holds;
  }

  /** The signer with a memory: byzantine nodes sign the same words for each node, and what it has made holds. */
  signer(signer: Signer): Signer {
    const { publicKey } = signer;
    return {
      publicKey,
      sign: (message) => {
        const id = latin1(publicKey, message);
        let signature = this.#made.get(id);
        if (signature === undefined) {
          signature = signer.sign(message);
          this.#made.set(id, signature);
          this.holds(publicKey, message, signature);
        }
        return signature;
      },
    };
  }

  /** Remembers what the real signer has just made. */
  holds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
    this.#known.set(latin1(signature, publicKey, message), true);
  }

  #lookUp(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const id = latin1(signature, publicKey, message);
    let holds = this.#known.get(id);
    if (holds === undefined) {
      holds = nativeVerifier.verify(publicKey, message, signature);
      this.#known.set(id, holds);
    }
    return holds;
  }
}

function latin1(...parts: Uint8Array[]): string {
  return Buffer.concat(parts).toString('latin1');
}
