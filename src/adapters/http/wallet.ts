import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/mobile';
import { E164_PATTERN } from '../../domain/msisdn.ts';

export interface Wallet {
  /** E.164 with plus. */
  msisdn: string;
  country: CountryCode | undefined;
}

/** null for what is not a mobile number in E.164 with plus. */
export type WalletReader = (msisdn: string) => Wallet | null;

/** What the library would try on a number of a country that shares its calling code with no other. */
interface NumberingPlan {
  country: CountryCode;
  national: RegExp;
  mobile: RegExp;
}

/** As documented in the library's source; its types leave these out, and a property test holds us to its judgement. */
interface PlanPatterns {
  nationalNumberPattern(): string;
  type(name: 'MOBILE'): { pattern(): string } | undefined;
}

/** ITU-T E.164: calling codes have one to three digits, and none begins another. */
const LONGEST_CALLING_CODE = 3;

const wholly = (pattern: string) => new RegExp(`^(?:${pattern})$`);

function planOf(country: CountryCode): NumberingPlan | null {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  const plan = metadata.numberingPlan as unknown as PlanPatterns;
  const mobile = plan.type('MOBILE');
  if (mobile === undefined) return null;
  const national = wholly(plan.nationalNumberPattern());
  return { country, national, mobile: wholly(mobile.pattern()) };
}

function countriesByCode(): Map<string, CountryCode[]> {
  return Map.groupBy(getCountries(), (country) => String(getCountryCallingCode(country)));
}

/** By calling code; codes that several countries share are left to the library. */
function readPlans(): Map<string, NumberingPlan> {
  const plans = new Map<string, NumberingPlan>();
  for (const [code, countries] of countriesByCode()) {
    const [country, ...others] = countries;
    const plan = country === undefined || others.length > 0 ? null : planOf(country);
    if (plan !== null) plans.set(code, plan);
  }
  return plans;
}

function parse(msisdn: string): Wallet | null {
  const number = parsePhoneNumberFromString(msisdn);
  if (number === undefined || number.number !== msisdn || !number.isValid()) return null;
  return { msisdn, country: number.country };
}

/**
 * The library reads any number that a person may type, which costs a tenth of a refused request; a number in
 * E.164 needs no more than the two patterns of its country. What they do not match, the library judges.
 */
export function makeWalletReader(): WalletReader {
  const plans = readPlans();
  return (msisdn) => {
    if (!E164_PATTERN.test(msisdn)) return null;
    for (let end = 2; end <= LONGEST_CALLING_CODE + 1; end += 1) {
      const plan = plans.get(msisdn.slice(1, end));
      if (plan === undefined) continue;
      const national = msisdn.slice(end);
      if (!plan.national.test(national) || !plan.mobile.test(national)) break;
      return { msisdn, country: plan.country };
    }
    return parse(msisdn);
  };
}
