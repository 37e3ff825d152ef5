import type { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { DeliveryError } from '../domain/destination.ts';

/** Which addresses may be connected to. */
export type IsAllowed = (address: string) => boolean;

/** All that IANA has given out of IPv6's global addresses; the rest is reserved, also where no table names it yet. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/**
 * Tells whether an address is one of the public internet: not private, loopback, link-local (where the metadata of
 * machines is), shared, multicast or reserved, and no IPv6 address that stands for an IPv4 one.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6);
}

export function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback';
}

export function notPublic(address: string | undefined): DeliveryError {
  // The address stays out of what the task tells: whoever reads that need not learn of inner networks.
  return new DeliveryError('its host has an address that is not public', {
    cause: new Error(String(address)),
  });
}

/** The address that a URL's host is, without a look-up; undefined when it is a name. */
export function literalAddress({ hostname }: URL): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(address) ? address : undefined;
}

/**
 * Looks a host up for `node:net`, which connects to what this answers and asks no one else: an answer that changes
 * afterwards changes nothing. One address that is not allowed refuses the host.
 */
export function checkedLookup(resolve: typeof lookUp, isAllowed: IsAllowed): LookupFunction {
  return (hostname, { all, ...options }, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const refused = addresses.find(({ address }) => !isAllowed(address));
      const [first] = addresses;
      if (refused || !first) return callback(notPublic(refused?.address), '');
      return all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
