import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import examples from 'libphonenumber-js/examples.mobile.json';
import {
  getCountries,
  getCountryCallingCode,
  getExampleNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/mobile';
import { makeWalletReader } from '../../../src/adapters/http/wallet.ts';
import { E164_PATTERN } from '../../../src/domain/msisdn.ts';

const readWallet = makeWalletReader();

/** What the library says of a number, with nothing of ours in between. */
function byLibrary(msisdn: string) {
  const number = parsePhoneNumberFromString(msisdn);
  if (number === undefined || number.number !== msisdn || !number.isValid()) return null;
  return { msisdn, country: number.country };
}

test('the mobile number that stands as example for a country is a wallet of that country', () => {
  for (const country of getCountries()) {
    const example = getExampleNumber(country, examples)?.number;
    if (example === undefined || !E164_PATTERN.test(example)) continue;
    assert.deepEqual(readWallet(example), byLibrary(example), country);
  }
  assert.deepEqual(readWallet('+260971234567'), { msisdn: '+260971234567', country: 'ZM' });
});

test('any number in E.164 is judged as the library judges it', () => {
  const codes = getCountries().map((country) => getCountryCallingCode(country));
  const mobile = getCountries().flatMap((country) => {
    const example = getExampleNumber(country, examples)?.number;
    return example === undefined ? [] : [example];
  });
  const numbers = fc.oneof(
    // Any digits after any calling code; and real numbers with other last digits, or one more, or a zero inside.
    fc
      .tuple(fc.constantFrom(...codes), fc.stringMatching(/^\d{4,12}$/))
      .map(([code, rest]) => `+${code}${rest}`),
    fc
      .tuple(
        fc.constantFrom(...mobile),
        fc.stringMatching(/^\d{1,6}$/),
        fc.integer({ min: 0, max: 1 }),
      )
      .map(
        ([number, tail, longer]) =>
          `${number.slice(0, number.length - tail.length + longer)}${tail}`,
      ),
    fc.constantFrom(...mobile).map((number) => `${number.slice(0, 4)}0${number.slice(4)}`),
  );
  fc.assert(
    fc.property(numbers, (msisdn) => {
      if (E164_PATTERN.test(msisdn)) assert.deepEqual(readWallet(msisdn), byLibrary(msisdn));
    }),
    { numRuns: 5_000 },
  );
});

test('what is not E.164 with plus is no wallet', () => {
  for (const text of ['260971234567', '+0971234567', '+260 971234567', '+260971234567;ext=1', '']) {
    assert.equal(readWallet(text), null, text);
  }
});
