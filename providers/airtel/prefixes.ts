/**
 * Airtel's wallets by market, as digits with the country code. Source: libphonenumber,
 * resources/carrier/en, commit f7e3e88 of 2026-07-17 (Apache-2.0). Numbers can be ported, so this
 * is a first guess that a merchant overrides by naming the provider.
 */
export const AIRTEL_PREFIXES: Readonly<Record<string, readonly string[]>> = {
  CD: ['24396', '24397', '24398', '24399'],
  CG: ['24205'],
  GH: ['23323', '23326', '23327', '23356', '23357'],
  KE: ['25410', '25473', '25475', '254761', '254762', '25478'],
  MG: ['26133', '26135'],
  MW: ['2659'],
  NE: [...['22777', '22786', '22787', '22788', '22789'], ...['22796', '22797', '22798', '22799']],
  NG: [
    ...['234701', '234708', '234802', '234808', '234812'],
    ...['234901', '234902', '234904', '234907', '234911', '234912'],
  ],
  RW: ['25072', '25073'],
  TZ: ['25566', '25568', '25569', '25578'],
  UG: ['25670', '25674', '25675', '256730', '256731', '256795'],
  ZM: ['26057', '26077', '26097'],
};

/** Country codes of the markets that Airtel has; the wallet's number is sent without it. */
export const AIRTEL_CALLING_CODES: Readonly<Record<string, string>> = {
  ...{ CD: '243', CG: '242', GA: '241', GH: '233', KE: '254', MG: '261', MW: '265' },
  ...{ NE: '227', NG: '234', RW: '250', SC: '248', TD: '235', TZ: '255', UG: '256', ZM: '260' },
};
