/** @module A memo around the real verifier: nodes of one process need not check the same signature one after the other. */
import { nativeVerifier } from '../../shared/native/verifier.ts';
import type { Verifier } from '../../shared/protocol/crypto/verifier.ts';
import { equalBytes } from '../../shared/protocol/primitives/bytes.ts';

interface Checked {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly holds: boolean;
}

export class VerifierMemo implements Verifier {
  readonly #known = new Map<string, boolean>();
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

  /** Remembers what the real signer has just made. */
  holds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
    this.#known.set(idOf(publicKey, message, signature), true);
  }

  #lookUp(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const id = idOf(publicKey, message, signature);
    let holds = this.#known.get(id);
    if (holds === undefined) {
      holds = nativeVerifier.verify(publicKey, message, signature);
      this.#known.set(id, holds);
    }
    return holds;
  }
}

function idOf(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): string {
  return Buffer.concat([signature, publicKey, message]).toString('latin1');
}
