/** @module Runs the Ed25519 vectors against any verifier. Imports no platform, so that it runs in Node, workerd and a browser. */

/** A signature and whether the rule accepts it. Hex is `0x` and lower case. */
export interface SignatureVector {
  readonly name: string;
  readonly why: string;
  readonly secret?: string;
  readonly public_key: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}

/** The one method that is tried; every `Verifier` of the protocol has it. */
export interface VerifierUnderTest {
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** One sentence for each vector that the verifier decides otherwise, or on which it throws. Empty means agreement. */
export function runVectors(verifier: VerifierUnderTest, vectors: readonly SignatureVector[]): string[] {
  const failures: string[] = [];
  for (const vector of vectors) {
    const wanted = vector.valid ? 'accept' : 'refuse';
    try {
      const accepted = verifier.verify(
        bytesOf(vector.public_key),
        bytesOf(vector.message),
        bytesOf(vector.signature),
      );
      if (accepted !== vector.valid) failures.push(`${vector.name}: should ${wanted} (${vector.why})`);
    } catch (error) {
      failures.push(`${vector.name}: should ${wanted} (${vector.why}), threw ${String(error)}`);
    }
  }
  return failures;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: (hex.length - 2) / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 + 2 * i, 4 + 2 * i), 16),
  );
}
