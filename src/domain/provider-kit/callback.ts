/** Callbacks are about a kilobyte; anything longer is not read. */
export const MAX_CALLBACK_BYTES = 16 * 1024;
