/** Where a payment can be looked at: of every answer that is about one, problems too. */
export function paymentLocation(paymentId: string): string {
  return `/v1/payments/${paymentId}`;
}
