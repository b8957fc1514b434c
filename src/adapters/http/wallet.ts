import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/mobile';
import { E164_PATTERN } from '../../domain/msisdn.ts';

/** Retries and replays ask about the same wallet again; the check is a tenth of their cost. */
const MAX_REMEMBERED = 10_000;

export interface Wallet {
  /** E.164 with plus. */
  msisdn: string;
  country: CountryCode | undefined;
}

/** null for what is not a mobile number in E.164 with plus. */
export type WalletReader = (msisdn: string) => Wallet | null;

function parse(msisdn: string): Wallet | null {
  if (!E164_PATTERN.test(msisdn)) return null;
  const number = parsePhoneNumberFromString(msisdn);
  if (number === undefined || number.number !== msisdn || !number.isValid()) return null;
  return { msisdn, country: number.country };
}

export function makeWalletReader(): WalletReader {
  const remembered = new Map<string, Wallet>();
  return (msisdn) => {
    const known = remembered.get(msisdn);
    if (known !== undefined) return known;
    const wallet = parse(msisdn);
    if (wallet === null) return null;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(msisdn, wallet);
    return wallet;
  };
}
