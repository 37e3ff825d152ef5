import type { lookup } from 'node:dns';
import { describe, expect, test, vi } from 'vitest';
import {
  checkedLookup,
  isLoopbackAddress,
  isPublicAddress,
  literalAddress,
} from '../../lambdas/aws/webhook-address.ts';

describe('an address', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.0', '100.63.255.255', '2606:4700::1111'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test.each([
    ['unspecified', '0.0.0.0'],
    ['of this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['shared (CGNAT)', '100.64.0.1'],
    ["Alibaba Cloud's metadata", '100.100.100.200'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['link-local', '169.254.0.1'],
    ["AWS's metadata", '169.254.169.254'],
    ["AWS's task metadata", '169.254.170.2'],
    ['protocol assignments', '192.0.0.1'],
    ['for documentation', '192.0.2.1'],
    ['for benchmarks', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['an IPv4 one, mapped', '::ffff:127.0.0.1'],
    ['a public IPv4 one, mapped', '::ffff:8.8.8.8'],
    ['an IPv4 one, compatible', '::127.0.0.1'],
    ['an IPv4 one, translated (NAT64)', '64:ff9b::7f00:1'],
    ['an IPv4 one, translated for local use', '64:ff9b:1::7f00:1'],
    ['an IPv4 one, by 6to4', '2002:7f00:1::'],
    ['an IPv4 one, by Teredo', '2001::1'],
    ['unique-local', 'fc00::1'],
    ["AWS's metadata", 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local, with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['for documentation', '2001:db8::1'],
    ['to be discarded', '100::1'],
    ['not given out', '4000::1'],
    ['no address', 'example.com'],
    ['none', ''],
  ])('that is %s is not public: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test('is loopback as its own text only', () => {
    const loopback = ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', '8.8.8.8', '10.0.0.1', ''];
    expect(loopback.filter(isLoopbackAddress)).toEqual(['127.0.0.1', '127.1.2.3', '::1']);
  });
});

test.each([
  ['https://127.0.0.1/', '127.0.0.1'],
  ['https://127.1/', '127.0.0.1'],
  ['https://2130706433/', '127.0.0.1'],
  ['https://0x7f000001/', '127.0.0.1'],
  ['https://0x7f.0.0.0x1/', '127.0.0.1'],
  ['https://0177.0.0.1/', '127.0.0.1'],
  ['https://017700000001/', '127.0.0.1'],
  ['https://１２７.0.0.1/', '127.0.0.1'],
  ['https://[::1]/', '::1'],
  ['https://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
  ['https://[0:0:0:0:0:ffff:a9fe:a9fe]/', '::ffff:a9fe:a9fe'],
  ['https://169.254.169.254/latest/meta-data', '169.254.169.254'],
])('the host of %s is the address %s, however it is written', (url, address) => {
  expect(literalAddress(new URL(url))).toBe(address);
  expect(isPublicAddress(address)).toBe(false);
});

test('a name is no address', () => {
  expect(literalAddress(new URL('https://127.0.0.1.example.com/'))).toBeUndefined();
});

describe('a look-up', () => {
  const v4 = (address: string) => ({ address, family: 4 });

  /** Looks a host up to which the resolver answers so, one answer after the other. */
  function lookingUp(...answers: { address: string; family: number }[][]) {
    const resolve = vi.fn((_host: unknown, _options: unknown, callback: unknown) =>
      (callback as (error: null, addresses: unknown) => void)(null, answers.shift() ?? []),
    );
    const look = checkedLookup(resolve as unknown as typeof lookup, isPublicAddress);
    const once = (all: boolean) =>
      new Promise<unknown>((done) => look('example.com', { all }, (...answer) => done(answer)));
    return { once, resolve };
  }

  test('answers what it checked, all of it or the first', async () => {
    const addresses = [v4('8.8.8.8'), { address: '2606:4700::1111', family: 6 }];
    const { once } = lookingUp(addresses, addresses);
    expect(await once(true)).toEqual([null, addresses]);
    expect(await once(false)).toEqual([null, '8.8.8.8', 4]);
  });

  test('refuses a host of which one address is not public', async () => {
    const { once } = lookingUp([v4('8.8.8.8'), v4('10.0.0.1')]);
    expect(await once(true)).toEqual([
      expect.objectContaining({ message: 'its host has an address that is not public' }),
      '',
    ]);
  });

  test('checks every answer of a name that changes its own, and asks once for each connection', async () => {
    const { once, resolve } = lookingUp([v4('8.8.8.8')], [v4('169.254.169.254')]);
    expect(await once(false)).toEqual([null, '8.8.8.8', 4]);
    expect(resolve).toHaveBeenCalledTimes(1);
    expect(await once(false)).toEqual([expect.objectContaining({ name: 'DeliveryError' }), '']);
  });

  test('refuses a host without an address', async () => {
    const { once } = lookingUp([]);
    expect(await once(true)).toEqual([expect.objectContaining({ name: 'DeliveryError' }), '']);
  });
});
