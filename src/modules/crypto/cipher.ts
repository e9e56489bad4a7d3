/** Authenticated encryption: nonce (12 bytes), then ciphertext, then tag (16 bytes). */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { HubError } from '../../base/index.ts';

/** `aes` = AES-GCM with a key of 16, 24 or 32 bytes; `chacha20` = ChaCha20-Poly1305 with 32. */
export type CipherName = 'aes' | 'chacha20';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts under a fresh random nonce. @throws MH_CRYPTO_ARGUMENT_INVALID */
export function encrypt(
  name: CipherName,
  data: Uint8Array,
  key: Uint8Array,
  aad: Uint8Array | undefined,
): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const options = { authTagLength: TAG_BYTES };
  const algorithm = algorithmFor(name, key);
  const cipher = createCipheriv(algorithm as 'aes-256-gcm', key, nonce, options);
  if (aad !== undefined) cipher.setAAD(aad, { plaintextLength: data.length });
  return Buffer.concat([nonce, cipher.update(data), cipher.final(), cipher.getAuthTag()]);
}

/** Decrypts and checks. @throws MH_CRYPTO_ARGUMENT_INVALID for a bad key, MH_CRYPTO_FAILED for anything else */
export function decrypt(
  name: CipherName,
  sealed: Uint8Array,
  key: Uint8Array,
  aad: Uint8Array | undefined,
): Buffer {
  const algorithm = algorithmFor(name, key);
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw refused();
  const body = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES);
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const options = { authTagLength: TAG_BYTES };
  const decipher = createDecipheriv(algorithm as 'aes-256-gcm', key, nonce, options);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  if (aad !== undefined) decipher.setAAD(aad, { plaintextLength: body.length });
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch {
    throw refused();
  }
}

function algorithmFor(name: CipherName, key: Uint8Array): string {
  const sizes = name === 'aes' ? [16, 24, 32] : [32];
  if (!sizes.includes(key.length)) {
    throw new HubError('MH_CRYPTO_ARGUMENT_INVALID', {
      message: `Cannot use the key: expected ${sizes.join(', ')} bytes, got ${key.length}`,
    });
  }
  return name === 'aes' ? `aes-${key.length * 8}-gcm` : 'chacha20-poly1305';
}

function refused(): HubError {
  return new HubError('MH_CRYPTO_FAILED', { message: 'Cannot decrypt: wrong key or changed data' });
}
