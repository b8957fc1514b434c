/** Ports to what is derived from secrets and sealed with them. */

/**
 * Everything derived from `REFERENCE_SECRET`. It is not rotated: the reference of a payment must come out
 * the same after Redis and even the row are gone, so that the provider refuses a second charge.
 */
export interface ReferenceKeys {
  /** 16 bytes, the same for the same payment and route; each provider spells them its own way. */
  providerReference(merchantId: string, key: string, provider: string, market: string): Buffer;
  /** Kafka key of a wallet, the same for all merchants: one payer's payments stay in order. */
  messageKey(msisdn: string): string;
  /** The part of a callback's address that only the provider can know. */
  callbackMac(paymentId: string): string;
}

/** Where a ciphertext belongs: it opens nowhere else. */
export interface Place {
  merchantId: string;
  table: string;
  column: string;
  rowId: string;
}

export interface PayerVault {
  seal(plain: string, place: Place): Buffer;
  /** Throws when the ciphertext was altered, moved to another place, or its key is gone. */
  open(sealed: Uint8Array, place: Place): string;
  /** Equal for equal numbers of one merchant: a payer is found without opening anything. */
  blindIndex(merchantId: string, msisdn: string): Buffer;
}
