import ipaddr from 'ipaddr.js';
import { isIP } from 'node:net';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Cidr = [Address, number];

/** All of today's public IPv6 unicast space; every other prefix has a special meaning or none. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];
/** NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is really reached. */
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];

/** Names that every resolver, hosts file or cloud maps to an address of the machine's own surroundings. */
const LOCAL_NAMES: readonly { readonly name: RegExp; readonly means: readonly string[] }[] = [
  { name: /(?:^|\.)localhost(?:\.localdomain)?$/, means: ['127.0.0.1', '::1'] },
  { name: /^(?:ip6-localhost|ip6-loopback|loopback|broadcasthost)$/, means: ['127.0.0.1', '::1'] },
  { name: /^metadata(?:\.google\.internal|\.goog|\.azure\.internal|\.packet\.net)?$/, means: ['169.254.169.254'] },
  { name: /^instance-data(?:\.ec2\.internal)?$/, means: ['169.254.169.254'] },
];

/**
 * Which addresses the gateway may send to: the public internet, and the ranges that the operator allows. Asked twice:
 * by URL when a destination is created, by address when a connection is made (names can change their meaning between).
 */
export class AddressPolicy {
  private readonly allowed: readonly Cidr[];

  /** @throws Error naming every entry that is no CIDR. */
  constructor(allowedCidrs: readonly string[]) {
    const malformed = allowedCidrs.filter((cidr) => !ipaddr.isValidCIDR(cidr));
    if (malformed.length > 0) throw new Error(`Not a CIDR range: ${malformed.join(', ')}`);
    this.allowed = allowedCidrs.map((cidr) => ipaddr.parseCIDR(cidr));
  }

  /** Why this URL cannot be a destination, in a sentence for its admin that repeats no credential; undefined if it can. */
  checkUrl(text: string): string | undefined {
    if (!URL.canParse(text)) return 'must be an absolute URL';
    const url = new URL(text);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an http or https URL';
    if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';
    return this.checkHost(url.hostname);
  }

  /** Whether a connection to this address (no name) may be made. */
  permits(address: string): boolean {
    if (isIP(address) === 0) return false;
    const parsed = unmapped(ipaddr.parse(address));
    return this.allowed.some((cidr) => contains(cidr, parsed)) || isPublic(parsed);
  }

  /** `host` as the WHATWG URL parser gives it: it has already turned decimal, octal and hex forms into dotted ones. */
  private checkHost(host: string): string | undefined {
    const literal = host.startsWith('[') ? host.slice(1, -1) : host;
    if (isIP(literal) !== 0) return this.permits(literal) ? undefined : refusal(literal);
    const name = host.replace(/\.+$/, '').toLowerCase();
    if (name === '') return 'must name a host';
    const local = LOCAL_NAMES.find((entry) => entry.name.test(name));
    if (!local || local.means.some((address) => this.permits(address))) return undefined;
    return refusal(name);
  }
}

function refusal(host: string): string {
  return `${host} is a private or reserved address; DESTINATION_ALLOWED_CIDRS can allow it`;
}

/** `::ffff:a.b.c.d` reaches a.b.c.d and is judged as such. */
function unmapped(address: Address): Address {
  return isV6(address) && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function isPublic(address: Address): boolean {
  if (!isV6(address)) return address.range() === 'unicast';
  if (address.match(NAT64)) return isPublic(new ipaddr.IPv4(address.toByteArray().slice(12)));
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast';
}

function contains([network, bits]: Cidr, address: Address): boolean {
  if (isV6(network)) return isV6(address) && address.match([network, bits]);
  return !isV6(address) && address.match([network, bits]);
}

// Not instanceof: the package may be loaded twice (Jest realms).
function isV6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6';
}
