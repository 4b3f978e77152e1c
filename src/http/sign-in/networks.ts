/** The networks that an address belongs to: what is done from one of them is laid to all of it. */
import { isIPv4, isIPv6 } from 'node:net';

export interface Networks {
  /** What one household or host has for itself: an IPv4 address, the /64 of an IPv6 address. */
  readonly near: string;
  /** What one customer has, or a few neighbours: /24, /48. */
  readonly wide: string;
  /** This machine: a tool beside the server, or a proxy that was not declared and stands for everybody. */
  readonly loopback: boolean;
}

/** @param address as Node and Express give it; undefined when the client is gone. */
export function networksOf(address: string | undefined): Networks {
  const plain = (address ?? '').replace(/%.*$/, '');
  if (isIPv4(plain)) return ofIPv4(plain);
  if (!isIPv6(plain)) return { near: 'unknown', wide: 'unknown', loopback: false };
  const groups = groupsOf(plain);
  const [high = 0, low = 0] = groups.slice(6);
  // RFC 4291 §2.5.5.2: an IPv4 address that arrived on an IPv6 socket.
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff)
    return ofIPv4([high >> 8, high & 255, low >> 8, low & 255].join('.'));
  const prefix = (count: number): string =>
    groups
      .slice(0, count)
      .map((g) => g.toString(16))
      .join(':');
  const loopback = groups.slice(0, 7).every((g) => g === 0) && low === 1;
  return { near: `${prefix(4)}::/64`, wide: `${prefix(3)}::/48`, loopback };
}

function ofIPv4(address: string): Networks {
  return {
    near: `${address}/32`,
    wide: `${address.slice(0, address.lastIndexOf('.'))}.0/24`,
    loopback: address.startsWith('127.'),
  };
}

/** The eight groups of 16 bits; `address` is sound. */
function groupsOf(address: string): number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...octets: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [front = [], back = []] = hex
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':').map((g) => parseInt(g, 16))));
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}
