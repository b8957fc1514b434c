/**
 * MTN's wallets by market, as digits with the country code. Source: libphonenumber,
 * resources/carrier/en, commit f7e3e88 of 2026-07-17 (Apache-2.0). Numbers can be ported, so this
 * is a first guess that a merchant overrides by naming the provider.
 */
export const MTN_PREFIXES: Readonly<Record<string, readonly string[]>> = {
  CG: ['24206'],
  CI: ['22505'],
  CM: [
    ...['237650', '237651', '237652', '237653', '237654', '23767'],
    ...['237680', '237681', '237682', '237683'],
  ],
  GH: ['23324', '23325', '23353', '23354', '23355', '23359'],
  NG: [
    ...['2347025', '2347026', '234703', '234704', '234706', '234707', '234803', '234806'],
    ...['234810', '234813', '234814', '234816', '234903', '234906', '234913', '234916'],
  ],
  RW: ['25078', '25079'],
  SS: ['21192', '21199'],
  SZ: ['26876', '26878'],
  UG: [
    ...['25676', '25677', '25678', '256724', '256737'],
    ...['256790', '256791', '256792', '256793', '256794'],
  ],
  ZM: ['26056', '26076', '26096'],
};
